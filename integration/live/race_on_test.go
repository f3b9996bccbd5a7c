//go:build race

package live

// watched are go build's flags. SQLite is C turned into Go: watched, it takes several times as long. Not more of its
// modules: they hold copies of generic code, of sync.Map for one, and unwatched those look like races wherever they are
// used.
var watched = []string{"-race", "-gcflags=modernc.org/sqlite/lib=-race=false"}
