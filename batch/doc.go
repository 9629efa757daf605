// Package batch is the engine: it turns decoded circuits into applications, sends
// each one exactly once inside the API's quota, and tells what came of every row.
//
// The way of the data:
//
//  1. Package plan compares the workbook with the past and makes a [Plan]: an
//     [Application] for each row that is to be sent, with a token derived from region,
//     circuit, content and generation. Every other row has its outcome at once.
//  2. [Engine.Run] settles what an earlier run left open, then sends. [Ledger].Begin is
//     durable before the first byte leaves; Finish follows the answer. Each region has
//     its own quotas and calls (region.go).
//  3. Every row ends in one [Outcome], in sheet order.
//
// The wiring reads as a sentence: retry(quota(log(cloud))). The quota sits inside the
// retry, so that every attempt pays for itself, and nothing below retries.
//
// What happens to a row is decided by a state machine without clock or goroutine: it is
// told what an attempt (submitted.go) or a lookup (found.go) came to, and says what is
// next. Its rules:
//
//   - Try later: again under the same token, after a backoff that holds no call.
//   - Maybe received: look up first. The LOA stands with this content: SUBMITTED. With
//     other content: ALREADY. None there: again, under the same token.
//   - Attempts are used up: FAILED where none can have taken effect; otherwise a last
//     lookup decides, and where it cannot (some attempt had no answer at all, or the
//     lookup failed), UNKNOWN: the next run settles it.
//   - An LOA stands against it: look up. Live: ALREADY; rejected or deleted: REFUSED.
//
// A token is made anew only when the content changes or the generation rises: after a
// definite refusal of this very content, or when a person asks to apply again for what
// was rejected. A retry, a crash, another host never make one.
//
// A row's failure is an Outcome, never an error of the run. Only two things stop a
// run: answers that hold for every row (credentials, permission, arrears), and the
// ledger failing, because then we no longer know our own state.
package batch
