// Package quota paces requests to an API that allows N of them in any window of a given
// length, counted per account, region and API, whoever sends them. All files of a command,
// all runs and restarts, and all processes that share a ledger share one quota.
//
// A quota has a bound and a pace within it. The bound holds by construction: a request
// starts only if, of all requests before it, fewer than N are without an answer or were
// answered less than a window ago. A request reaches the server after its start and before
// its answer, so it arrives at least one window after the N-th request before it, whatever
// the network does in between. The pace is a token bucket of N per window with a burst, so
// a small workbook is sent at once and a large one evenly.
//
// A throttling answer halves the pace for all, and each eighth of a window without one
// restores a sixteenth of the full pace. A server's hint holds everyone back.
//
// # One state, many processes
//
//  1. [State] is what the processes share, and [State.Take] its only event: a pure function that
//     takes back what was answered and grants new requests.
//  2. A [Keeper] stores the states and applies Take to one, atomically for all processes: the
//     ledger, or [Memory] for a single process. Its clock decides.
//  3. A [Window] is the side of a process: its hand holds granted requests until callers use
//     them, and answers until they are given back with the next ask.
//
// A grant says how long after it each of its requests may start, at most [Ahead]. The process
// starts a request that long after it received the grant, so no earlier than the keeper meant,
// and drops it if it could not start within another second, counted from the ask. For an
// answer it gives back the age. So only durations are compared, never clocks. What is never
// given back counts as answered at the last possible moment, which follows from the grant and
// the timeout of a call. So a process may be killed at any time.
//
// A process asks for as many requests as it has callers waiting, or has just used, and gives
// back what nobody waits for. If several processes ask, each gets its share of what the pace
// allows for the next second.
//
// A state may be stored without waiting for the disk: a killed process loses none of it. After a
// power failure the keeper's clock starts over; Take notices, and grants nothing until all that
// may have been lost is over.
//
// The package imports none of ours. It learns about failed calls through [Throttling].
package quota
