// Package config reads the settings of a Baton service: a file (YAML, TOML or JSON), the environment (BATON_…) and
// command-line flags become one validated [Config].
//
// A flag beats the environment, the environment beats the file, the file beats [Default]. Every key has an environment
// variable: component.secret is BATON_COMPONENT_SECRET; a list of words is written with commas
// (BATON_AGENTS_DOMAINS=a.example,b.example), a list of sections as YAML or JSON. An empty variable counts as unset.
//
// A relative path in the file counts from the file's folder; in the environment or a flag, from the working directory.
// The file of an SQLite store counts from data_dir.
//
// Whatever is wrong comes back as one [*Error] that holds every problem found, each with its key, where it was set and
// what to write instead.
package config
