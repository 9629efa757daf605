// Package ledger keeps what was sent and what came of it, so that no circuit is
// applied for twice and a killed run can go on. It is a SQLite file in WAL mode with
// full synchronisation, readable by its owner alone.
//
// Three tables carry it (schema.go):
//
//   - runs: one row for each run: command, input, host, process, times, end.
//   - rows: one row for each row of a run's Circuits sheet: begun, finished, outcome.
//     From it a run's results copy can be made again.
//   - circuits: one row for each circuit and scope: its last application and how it
//     ended. It is what [Run.Past] reads, and it follows from rows by the rules in
//     state.go.
//
// The way of a write: any number of goroutines call [Run.Begin] and [Run.Finish]; one
// goroutine (writer.go) takes what waits, up to a bound, puts it into one
// transaction, commits, and only then lets the callers go on. So each caller has its
// durability, and callers that wait at the same time share the price of one commit.
// No write waits for a clock to let others join: a commit in progress is what gathers
// the next.
//
// A run locks each of its circuits when it starts (lock.go). The lock of a holder
// that died is taken over; the former holder, should it live after all, is fenced: its
// next Begin fails with [*TakenOverError].
//
// Between commits the writer remembers the state of what is under way and which runs
// hold their locks, as long as nobody else writes (known.go): a row that is new to the
// ledger is begun and finished without reading anything.
//
// A scope keeps submissions apart that go to different services: what was only
// simulated never counts as sent, and the other way round.
//
// The ledger holds no personal data: no name, no certificate number, no contact. Of
// the content that was sent it knows a hash.
package ledger
