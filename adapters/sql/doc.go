// Package sql is the adapter for tables of MySQL and MariaDB.
//
// A [Backend] is one server and schema; [Backend.Resource] makes an adapter of one
// table or view. Nothing here connects before it is asked for data, and nothing fails
// for good: a wrong password, a missing table or a column of another type than
// declared is reported through the feed, answers Unavailable, and is looked at again
// until somebody has mended it.
//
// Reading. Rows are read in the order of the table's key, in chunks that take a
// fraction of a second each, through prepared statements: only the binary protocol
// gives numbers exactly. Changes by others are noticed by comparing snapshots
// (package poll).
//
// Writing. One transaction touches one row: lock and read it, compare it with what
// the caller believes, write the columns that differ, read it back, commit. Values
// are always bound; identifiers come from the mapping, are checked against the
// schema, and are quoted.
//
// Sessions. Reading sessions are in UTC. Writing sessions keep the application's
// time zone, because DEFAULT CURRENT_TIMESTAMP and NOW() in triggers mean its clock;
// they add STRICT_TRANS_TABLES, because without it the server cuts what is too long,
// and wait for locks only briefly.
package sql
