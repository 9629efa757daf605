// Package download fetches the letters of circuits whose LOAs are available, each once.
//
// What the ledger knows about a letter decides: while the file is where it was put, with the same
// bytes, it is only read again. Otherwise the API is asked for the address of the letter,
// which may be a link that expires: a new one is asked for once. After a broken connection
// or from a busy server there are two more tries. What a letter says is compared with its row every time, since
// a letter of another circuit stays a problem, until the LOA is complete.
package download

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/letters"
)

// State is the result of fetching a letter. The words are stable.
type State string

// The states.
const (
	Kept    State = "kept"          // it was fetched before
	Fetched State = "fetched"       //
	Again   State = "fetched-again" // the earlier file was gone or had been changed
	Failed  State = "failed"        // it could not be fetched
	Unasked State = "not-fetched"   // the command was stopped first
)

// The codes of the package's own reasons why there is no letter.
const (
	codeNoLink   = "letter-no-link"   // the API gave no address
	codeNoAnswer = "letter-no-answer" // it did not say, with {code}
	codeUnsaved  = "letter-unsaved"   // the ledger could not be written
)

// Served reports whether the API serves the letter of an LOA with a status.
func Served(status string) bool {
	return status == batch.LOAAvailable || status == batch.LOACompleting || status == batch.LOAComplete
}

// Row is a circuit whose letter is wanted.
type Row struct {
	Key   batch.Key
	Known ledger.Letter // as the ledger has it
	Facts letters.Facts // what the letter should say
	Done  bool          // the LOA is complete: a letter that is here is not read any more

	Source *Source // of its account
}

// Source is where the letters of an account come from.
type Source struct {
	Dir   string                                                                // absolute
	Find  func(context.Context, batch.Key) (batch.LOA, bool, error)             // inside the quota
	Fetch func(context.Context, letters.Request) (letters.Letter, error)        //
	Open  func(ctx context.Context, path, sha256 string) (letters.Letter, bool) // one that was fetched before
	Kept  func(path, sha256 string) bool                                        // it is still here
	Keep  func(context.Context, batch.Key, ledger.Letter) error                 // in the ledger
}

// Result is the result of fetching the letter of a row.
type Result struct {
	State       State
	Letter      ledger.Letter // zero if there is none
	Code        string        // of the catalogue: why it could not be fetched, or why its text cannot be read; may be empty
	Args        map[string]string
	Cause       error                // an error of this machine behind Code, or nil
	Differences []letters.Difference // between the letter and the row
}

// workers is how many letters are fetched at a time.
const workers = 4

// All fetches the letters of rows. Once stop is closed, no more are begun. The results
// are in the order of the rows.
func All(ctx context.Context, stop <-chan struct{}, rows []Row, panicked func(error)) []Result {
	results := make([]Result, len(rows))
	next := make(chan int)
	var all sync.WaitGroup
	for range min(workers, len(rows)) {
		all.Go(func() {
			defer batch.Guard(panicked)
			for i := range next {
				results[i] = rows[i].fetch(ctx)
			}
		})
	}
	for i := range rows {
		results[i].State = Unasked
	}
	begin(ctx, stop, len(rows), next)
	close(next)
	all.Wait()
	return results
}

// begin hands out the numbers of the rows until it is stopped.
func begin(ctx context.Context, stop <-chan struct{}, n int, next chan<- int) {
	for i := range n {
		select {
		case <-stop:
			return
		case <-ctx.Done():
			return
		default:
		}
		select {
		case next <- i:
		case <-stop:
			return
		case <-ctx.Done():
			return
		}
	}
}

// fetch returns the letter of a row, from the file or from the API.
func (r *Row) fetch(ctx context.Context) Result {
	here := r.Known.Path != "" && filepath.Dir(r.Known.Path) == r.Source.Dir
	if here {
		if r.Done && r.Source.Kept(r.Known.Path, r.Known.SHA256) {
			return Result{State: Kept, Letter: r.Known}
		}
		if l, ok := r.Source.Open(ctx, r.Known.Path, r.Known.SHA256); ok {
			return r.compared(Kept, l)
		}
	}
	l, err := r.get(ctx)
	if err != nil {
		return failed(ctx, err)
	}
	state := Fetched
	if here {
		state = Again
	}
	result := r.compared(state, l)
	if err := r.Source.Keep(context.WithoutCancel(ctx), r.Key, result.Letter); err != nil {
		result.Code, result.Args = codeUnsaved, map[string]string{}
	}
	return result
}

// After a broken connection, or from a busy server, there are one or two more tries.
const (
	tries = 3
	pause = time.Second // after the first; twice as long after the second
)

// get fetches the letter, trying again if that may help.
func (r *Row) get(ctx context.Context) (letters.Letter, error) {
	for try := 1; ; try++ {
		l, err := r.download(ctx)
		e, own := errors.AsType[*letters.Error](err)
		switch {
		case own && e.Expired() && try == 1: // at once, as the next link is new
		case own && e.Temporary() && try < tries:
			select {
			case <-time.After(time.Duration(try) * pause):
			case <-ctx.Done():
				return l, err
			}
		default:
			return l, err
		}
	}
}

// errNoLink means that the API gave no address for a letter.
var errNoLink = errors.New("download: the API names no address")

// download asks for the address of the letter, and fetches it.
func (r *Row) download(ctx context.Context) (letters.Letter, error) {
	loa, found, err := r.Source.Find(ctx, r.Key)
	switch {
	case err != nil:
		return letters.Letter{}, err
	case !found || loa.LetterURL == "":
		return letters.Letter{}, errNoLink
	}
	return r.Source.Fetch(ctx, letters.Request{URL: loa.LetterURL.Reveal(), Region: r.Key.Region, InstanceID: r.Key.InstanceID})
}

// failed is the result of a letter that could not be fetched.
func failed(ctx context.Context, err error) Result {
	if own, ok := errors.AsType[*letters.Error](err); ok {
		return Result{State: Failed, Code: own.Code, Args: own.Args, Cause: own.Unwrap()}
	}
	if call, ok := errors.AsType[*batch.CallError](err); ok {
		return Result{State: Failed, Code: codeNoAnswer, Args: map[string]string{"code": call.Code}}
	}
	if ctx.Err() != nil {
		return Result{State: Unasked}
	}
	return Result{State: Failed, Code: codeNoLink, Args: map[string]string{}}
}

// compared is the result of a letter, compared with its row.
func (r *Row) compared(state State, l letters.Letter) Result {
	result := Result{State: state, Letter: ledger.Letter{Path: l.Path, SHA256: l.SHA256}}
	if l.Unread != "" {
		result.Code, result.Args = l.Unread, map[string]string{}
		return result
	}
	result.Differences = letters.Compare(l.Text, r.Facts)
	return result
}
