package ledgertest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// Key gives the i-th sample circuit.
func Key(i int) batch.Key {
	return batch.Key{Region: [...]string{"cn-hangzhou", "cn-beijing", "ap-southeast-1"}[i%3], InstanceID: fmt.Sprintf("pc-sample%012d", i)}
}

// Keys gives the first n sample circuits.
func Keys(n int) []batch.Key {
	keys := make([]batch.Key, n)
	for i := range keys {
		keys[i] = Key(i)
	}
	return keys
}

// Application gives the application for the i-th sample circuit, of generation 0.
func Application(i int) batch.Application { return Version(i, "first", 0) }

// Version gives an application for the i-th sample circuit with content and generation
// of the caller's choice.
func Version(i int, content string, generation int) batch.Application {
	hash := hexSum(fmt.Sprint("content ", i, content))
	return batch.Application{
		Row: i + 2, Key: Key(i), Hash: hash, Generation: generation,
		Token: hexSum(fmt.Sprint("token ", hash, generation)),
	}
}

// Ended gives an outcome of an application.
func Ended(a batch.Application, result sheet.Result) batch.Outcome {
	return batch.Outcome{
		Row: a.Row, Key: a.Key, Result: result, Reason: batch.ReasonUnsettled, Token: a.Token,
		Generation: a.Generation, RequestID: "request-" + a.Token[:8], Attempts: 1,
	}
}

// Accepted gives the outcome of the i-th sample application, accepted at a time.
func Accepted(i int, at time.Time) batch.Outcome {
	o := Ended(Application(i), sheet.Submitted)
	o.Reason, o.SubmittedAt = batch.ReasonAccepted, at.UTC().Round(0)
	return o
}

func hexSum(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
