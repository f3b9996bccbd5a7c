// Package admin keeps who works here: the configuration file's agents and queues,
// and what administrators made of them while the service ran.
//
// The file is the base. What was changed is in the store, entry by entry, and
// stands before the file's entry of the same name, at every start and whenever the
// file is read again. An entry that does not go with the rest any more, because
// the file was edited, is left out and said so; it comes back when it does.
package admin
