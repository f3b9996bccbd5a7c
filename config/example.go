package config

import _ "embed" // for the sample

//go:embed example.yaml
var example string

// Example returns the commented sample configuration, in YAML. It shows every key; a line marked "# default"
// may be left out.
func Example() string { return example }
