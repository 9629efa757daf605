package ledger

import "github.com/loabatch/loabatch/batch"

// State is the state machine of one circuit in one scope: what each event makes of what is
// known. It is the engine's, so that a run without a ledger follows the same rules.
type State = batch.LedgerState

// Submission is one application as a run sends it.
type Submission = batch.Submission
