// Package browser drives Debian's Chromium, which nobody sees, for tests with the build tag clients: one browser for
// all tests of a package, and tabs in it, each of somebody with storage of their own.
package browser
