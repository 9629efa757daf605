// Package batch is the engine: it sends each application exactly once, within the API's
// quota, and reports the outcome of every row. It also defines the terms that the
// packages around it share.
//
// Data flow:
//
//  1. Package plan compares the workbook with the past and makes a [Plan]: an
//     [Application] for each row that is to be sent, with a token derived from region,
//     circuit, content and generation. Every other row gets its outcome immediately.
//  2. [Engine.Run] surveys the circuits of each region (survey.go), settles what an
//     earlier run left open, then sends. [Ledger].Begin is durable before the first byte
//     is sent; Finish follows the answer. Each region has its own quotas and calls
//     (region.go).
//  3. Every row ends in one [Outcome], in sheet order.
//
// The calls are wrapped as retry(permission(quota(log(cloud)))). The quota is inside the
// retry, so every attempt counts against it, and nothing below retries. It may be shared
// with other runs; if its state is lost, nothing was sent and the run stops. What a refused
// permission means is decided for all rows together (permission.go).
//
// A row is a state machine without clock or goroutine (row.go): it takes the result of an
// attempt or a lookup and says what comes next. Its rules:
//
//   - Try later: again under the same token, after a backoff that holds no call.
//   - Maybe received: look up first. An LOA with this content: SUBMITTED. With other
//     content: ALREADY. None: again, under the same token.
//   - Attempts ran out: FAILED if none can have taken effect; otherwise a last lookup
//     decides, and where it cannot (some attempt had no answer at all, or the lookup
//     failed), UNKNOWN: the next run settles it.
//   - The API says that the circuit has an LOA: look up. Valid: ALREADY; rejected or
//     deleted: REFUSED.
//
// A new token is made only when the content changes or the generation rises: after a
// definite refusal of this very content, or when a person asks to apply again for what
// was rejected. A retry, a crash or another host never makes one.
//
// A row's failure is an Outcome, never an error of the run. Only three things stop a
// run: answers that hold for every row (credentials, arrears, permission if it is refused
// for the first three circuits and none was accepted), the ledger failing, because then
// we no longer know our own state, and a panic. Every goroutine has a guard (panic.go):
// answers that have come are kept, and a row that was lost is UNKNOWN once the ledger
// has it.
package batch
