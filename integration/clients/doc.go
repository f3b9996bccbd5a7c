// Package clients tests that people are at home in their own Jabber clients: Debian's Profanity and Poezio, each in
// a terminal that the tests type into and read from (tmux is the terminal), and Converse.js of npm in a browser that
// nobody sees, against a real Prosody and the program as people run it: go test -tags clients. Whoever else takes part
// is a client of integration/client.
//
// A test knows a client by what a person does with it, type person; how that is done in each is in profanity_test.go,
// poezio_test.go and converse_test.go.
package clients
