//go:build !race

package live

var watched []string
