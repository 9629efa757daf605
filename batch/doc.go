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
// with other runs; if its state is lost, nothing is sent and the run stops. What a refused
// permission means is decided for all rows together (permission.go).
//
// A row is a state machine without a clock or goroutine (machine.go): it takes the result of
// an attempt or a lookup and says what comes next. Its rules:
//
//   - An attempt is settled by its own definite answer or by a lookup. A refusal settles
//     the attempt that it answers, not those before it under the token. A token is open
//     while one of its attempts is not settled.
//   - A lost answer, one that cannot be read and a 5xx may mean that the application was
//     received. A lookup whose answer says nothing settles nothing.
//   - While a token is open, the same application is sent again under it, at once: the token
//     keeps it from having a second effect. No other token of the circuit is sent, so an
//     edited row waits. It does not matter whether the open token comes from the ledger or
//     from a results copy that shows another ledger's application.
//   - "No LOA", or an old one that was rejected, settles an open token only if the lookup was
//     made at least [SettlingTime] after its last attempt. No run waits for that: the row
//     ends UNKNOWN and says when to come back. Until then a lookup may still show an earlier
//     LOA: the rejection that it shows may be that one's, and a valid status may be older
//     than its rejection.
//   - A new token is made only when the content changes or the generation rises: after a
//     definite refusal, or when a person asks to apply again after a rejection. An accepted
//     circuit is applied for again only if a lookup clearly says that its LOA was rejected
//     or deleted.
//
// The states are what the next call is: send an application, or ask for the LOA. A row
// starts in the state of its [Start]. While an application is open in another region it
// starts in askElsewhere, and goes on to the state of its Start once that is settled. In
// the last eight states, a token is open. Ours is an LOA that came from an attempt of this run,
// or of another process at work on it (Earlier.Own). Early means within the settling time;
// over, that no attempt is left; other, an LOA that came from no attempt of this run; edited,
// that the row differs from the LOA's application; lagging, that the lookup contradicts the
// answer that led to it; mute, that its answer says nothing. An answer that stops the run or
// the region changes no state, except that runFatal leads from sendFresh and sendClear to
// denied.
//
//	sendFresh    accepted: SUBMITTED; postponed: sendFresh; postponedOver: FAILED;
//	             lost: askLost; lostOver: askLast; refused: REFUSED; conflict: askConflict;
//	             mismatch: askRefused; interrupted: NOT_ATTEMPTED
//	sendClear    accepted: SUBMITTED; postponed: sendClear; postponedOver: FAILED;
//	             lost: askLost; lostOver: askLast; refused mismatch: REFUSED;
//	             conflict: askConflict; interrupted: NOT_ATTEMPTED
//	denied       accepted: SUBMITTED; postponed: sendFresh; postponedOver: FAILED;
//	             lost: askLost; lostOver: askLast; refused: REFUSED; conflict: askConflict;
//	             mismatch: askRefused; interrupted: NOT_ATTEMPTED
//	askFirst     other: ALREADY; edited: INVALID; void: REFUSED; voidRepeat: repeat;
//	             none muteOver: sendFresh; mute: askFirst; interrupted: NOT_ATTEMPTED
//	askVoid      other: ALREADY; edited: INVALID; void none: REFUSED; voidRepeat: repeat;
//	             mute: askVoid; muteOver interrupted: NOT_ATTEMPTED
//	askAccepted  other none noneAccepted waiting: ALREADY; edited noneEdited: INVALID;
//	             void: REFUSED; voidRepeat: repeat; mute: askAccepted;
//	             muteOver interrupted: NOT_ATTEMPTED
//	askConflict  other waiting: ALREADY; void voidRepeat none muteOver: REFUSED;
//	             lagging mute: askConflict; interrupted: NOT_ATTEMPTED
//	askReady     other waiting: ALREADY; edited: INVALID; void: REFUSED; none: sendFresh;
//	             mute: askReady; muteOver interrupted: NOT_ATTEMPTED
//	sendOpen     accepted: SUBMITTED; postponed: sendOpen; postponedOver lostOver: askLast;
//	             lost: askLost; refused conflict mismatch: askRefused; interrupted: UNKNOWN
//	askElsewhere other void voidRepeat none noneAccepted noneEdited waiting: start;
//	             edited: INVALID; voidEarly noneEarly muteOver interrupted: UNKNOWN;
//	             mute: askElsewhere
//	askResume    ours: SUBMITTED; other noneAccepted waiting: ALREADY; void: REFUSED;
//	             voidRepeat: repeat; voidEarly interrupted: UNKNOWN; none: sendClear;
//	             noneEdited: INVALID; noneEarly muteOver: sendOpen; mute: askResume
//	askRepeat    ours: SUBMITTED; other: ALREADY;
//	             void voidRepeat none noneAccepted noneEdited: sendClear;
//	             voidEarly noneEarly muteOver: sendOpen; mute: askRepeat;
//	             interrupted: UNKNOWN
//	askChanged   other noneAccepted waiting: ALREADY; edited noneEdited: INVALID;
//	             void: REFUSED; voidRepeat: repeat;
//	             voidEarly noneEarly muteOver interrupted: UNKNOWN; none: sendFresh;
//	             mute: askChanged
//	askLost      ours: SUBMITTED; other waiting: ALREADY;
//	             void voidRepeat none noneAccepted noneEdited: sendClear;
//	             voidEarly noneEarly muteOver: sendOpen; mute: askLost;
//	             interrupted: UNKNOWN
//	askLast      ours: SUBMITTED; other waiting: ALREADY;
//	             void voidRepeat none noneAccepted noneEdited: FAILED;
//	             voidEarly noneEarly muteOver interrupted: UNKNOWN; mute: askLast
//	askRefused   ours: SUBMITTED; other waiting: ALREADY;
//	             void none noneAccepted noneEdited: REFUSED; voidRepeat: repeat;
//	             voidEarly noneEarly muteOver interrupted: UNKNOWN;
//	             lagging mute: askRefused
//
// A row may have several steps (Application.Then): apply, complete, confirm. One survey
// decides how far it gets: a step that was accepted, or turns out to have been taken before,
// leads to the next. Each step has its own token, place in the ledger and state machine, and
// is recorded by itself; the row shows the last step that did something ([Shown]).
//
// The steps that follow an application (completion.go) are about an existing LOA, so the
// machine reads lookups differently for them:
//
//   - An LOA in the state before theirs, Available or Completing, counts as none does for an
//     application: nothing has happened yet, beyond doubt once the settling time is over. An
//     earlier state is waiting. The row ends ALREADY, or goes on in another run; an open
//     token is settled by it, since an attempt that took effect would have led to a later
//     state. No LOA is treated like a void one, and a step is never repeated for either:
//     that needs a new application.
//   - They are sent only after a lookup or a survey has shown the LOA in the state that they
//     require; without an answer nothing is sent (askReady). The API would accept a
//     completion for an LOA that is Complete.
//   - What was accepted is sent again only for an LOA that was applied for again since, and
//     only if the ledger knows: its application was accepted later, or a lookup saw the LOA
//     void or back in an earlier state, in either case after the settling time. It is not
//     enough that the LOA shows no effect of an accepted step, however late.
//   - A lookup tells who completed by line code and label. Nothing tells who confirmed; only
//     the circuit's own status shows that it was, so lookups ask for the circuit.
//
// The ledger keeps what has to outlive the run (State in package ledger): the open application,
// with its token, its operation and the time of its last attempt, and the last one that had a
// definite result. It refuses to begin another token while one is open and no lookup has
// settled it, whatever the engine says.
//
// A run may be the work of several processes, which hand out its rows among themselves (feed.go).
// One of them runs with Offer: it settles and surveys, but sends nothing. All of them run with
// Feed: rows come one by one, and go back to the run when the process stops.
//
// A row's failure is an Outcome, never an error of the run. Only three things stop a
// run: answers that hold for every row (credentials, arrears, permission if it is refused
// for the first three circuits and none was accepted), the ledger failing, because then
// we no longer know our own state, and a panic. Every goroutine has a guard (panic.go):
// answers that have arrived are kept, and a lost row is UNKNOWN if the ledger has it.
package batch
