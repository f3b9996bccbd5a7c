// Package store keeps conversations, their journal, the ledger of transfers and
// the outbox in a SQLite database: it is the [desk.Store] of a single instance.
//
// What [SQLite.Commit] confirmed survives the loss of power: the database is in
// WAL mode with synchronous=FULL, which is read back at every start. The file
// is readable for its owner only, and exactly one process has it open.
//
// Lines go to a table of their own first and among the others when many have come
// together (fresh.go): whoever reads the database from outside reads the view
// dialog, which has both.
//
// Times are kept in microseconds; what a time has below that is cut off.
package store
