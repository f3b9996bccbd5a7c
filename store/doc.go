// Package store keeps conversations, their journal, the ledger of transfers and
// the outbox in a SQLite database: it is the [desk.Store] of a single instance.
//
// What [SQLite.Commit] confirmed survives the loss of power: the database is in
// WAL mode with synchronous=FULL, which is read back at every start. The file
// is readable for its owner only, and exactly one process has it open.
//
// What people say is committed as one row for each batch, and put into the tables
// together with much else (journal.go): whoever reads the database from outside reads
// the views dialog, outbox and standing, which have both.
//
// Times are kept in microseconds; what a time has below that is cut off.
package store
