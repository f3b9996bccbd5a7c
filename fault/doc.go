// Package fault marks the places where a crash matters.
//
// In an ordinary build [Point] is empty and inlined: it costs nothing. Built with
// the tag fault the program counts how often each point is passed and can be told
// to die there, as by kill -9, before whatever follows the point:
//
//	go build -tags fault -o baton-fault ./cmd/baton
//	BATON_FAULT=store.commit.after:3 BATON_FAULT_LOG=points.log ./baton-fault serve …
//
// BATON_FAULT is a point's name and the passing to die at, from 1. BATON_FAULT_LOG
// is a file to which each passing appends its point's name and a line end; what it
// holds when the program starts counts too, so that one count can go over several
// lives of a program. [Names] lists the points; a test holds it to the calls in the tree.
package fault
