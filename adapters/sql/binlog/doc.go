// Package binlog reads the replication log of MySQL and MariaDB: events, table maps,
// row images and values, decoded to what a SELECT through the binary protocol gives
// for the same row.
//
// The decoding is complete or refused: whatever a server can write that this package
// doesn't know ends in an error that says what it was, never in a guess.
//
// Sources: MySQL Internals manual, chapter 'Replication Protocol'; MySQL 8.4 source
// documentation, namespace binary_log; MariaDB knowledge base, 'Replication Protocol'.
package binlog
