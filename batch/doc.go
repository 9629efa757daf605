// Package batch is the engine: it turns decoded circuits into applications, sends
// each one exactly once inside the API's quota, and tells what came of every row.
//
// The way of the data:
//
//  1. Plan makes one [Application] of each valid circuit, in sheet order, with a token
//     derived from its region, circuit, content and generation.
//  2. Run settles what an earlier run left open, then sends. [Ledger].Begin is durable
//     before the first byte leaves; Finish follows the answer. Each region has its own
//     quota and workers.
//  3. Every row ends in one [Outcome], in sheet order.
//
// The wiring reads as a sentence: retry(quota(cloud)). The quota sits inside the
// retry, so that every attempt pays for itself, and nothing below retries.
//
// A row's failure is an Outcome, never an error of the run. Only two things stop a
// run: answers that hold for every row (credentials, permission, arrears), and the
// ledger failing, because then we no longer know our own state.
package batch
