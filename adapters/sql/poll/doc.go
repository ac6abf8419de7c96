// Package poll makes a change feed out of a backend that has none: it compares
// snapshots.
//
// A [Feed] reads the whole present state through a [Source] from time to time,
// remembers a 128-bit hash for each key, and delivers what differs. What it promises:
//
//   - Every delivered state was committed. A snapshot is read in pages, so changes
//     of several records that were committed together may be seen apart.
//   - Changes of one record that are closer together than two comparisons are
//     delivered as one, and a record that came and went between them is not seen.
//   - The last state is always delivered.
//
// Reads and writes that the bridge makes itself don't wait for the next comparison:
// an [Operation] feeds what it has read or read back. Operations on one key exclude
// each other, and a comparison takes nothing from its own snapshot for keys that an
// operation fed, or is working on, since the comparison began; it cannot know which
// of the two is newer. Such keys are read again, alone, where the guarantee of
// [Feed.Head] needs it.
//
// Revisions are the wall clock in microseconds, pushed up where needed to stay
// unique, above 11 bits that are drawn at random for each process. Another process,
// or the same one after a restart, answers [adapters.Expired] to them.
//
// A feed asks no cheap question such as 'when was the table last changed' before
// it compares, because MySQL and MariaDB have none that can be trusted:
// information_schema.TABLES.UPDATE_TIME is lost at a restart and late for InnoDB;
// the position of the binary log moves before the commit can be seen and not at all
// with sql_log_bin=0; CHECKSUM TABLE reads every row on the server and has 32 bits.
// The interval that adapts to the cost of a comparison is what bounds the load.
package poll
