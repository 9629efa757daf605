package ledger

import (
	"encoding/json"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// All backends store the same columns of integers and texts, a few of them JSON. Times are
// nanoseconds since 1970 UTC, or 0 for none, and unknown texts are empty. Reading and writing
// them is up to the backends.

// Nanoseconds encodes a time for storage.
func Nanoseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// Instant is a stored time, in UTC.
func Instant(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// kept are the values that are stored as JSON. Encoding them cannot fail.
type kept interface {
	RunEnd | Figures | []Term | map[string]string
}

// EncodeJSON encodes a value for storage.
func EncodeJSON[T kept](v T) string {
	text, _ := json.Marshal(v)
	return string(text)
}

// DecodeJSON reads a stored value: the zero value if the text is empty.
func DecodeJSON[T kept](text string) (v T, err error) {
	if text != "" {
		err = json.Unmarshal([]byte(text), &v)
	}
	return v, err
}

// DecodeEnd reads how a run ended; nil if it has not.
func DecodeEnd(ended int64, final string) (*RunEnd, error) {
	if ended == 0 {
		return nil, nil
	}
	end, err := DecodeJSON[RunEnd](final)
	end.Ended = Instant(ended)
	return &end, err
}

// StateKey identifies a [State] in a ledger.
type StateKey struct {
	Scope Scope
	Key   batch.Key
	Place batch.Place
}

// StateKey identifies the state of a circuit for an operation of the run.
func (i RunInfo) StateKey(key batch.Key, o batch.Operation) StateKey {
	return StateKey{i.Scope, key, o.Place()}
}

// room is for the columns of one record with those that a backend adds.
const room = 24

// StateColumns are the columns of the stored states, in the order of [StoredState.Fields].
const StateColumns = `scope, region, instance_id, place, hash, generation, token, result, error_code, request_id, submitted, loa_status, run,
	pending_run, pending_hash, pending_generation, pending_token, pending_operation, pending_phase, tried, others, pending_accepted`

// StoredState is a [State] in its stored form.
type StoredState struct {
	Scope, Region, InstanceID, Place                   string
	Hash, Token, Result, ErrorCode, RequestID, LOA     string
	Generation, Submitted, Run                         int64
	PendingRun, PendingGeneration, PendingPhase, Tried int64
	PendingHash, PendingToken, PendingOperation        string
	Others                                             string
	Accepted                                           int64
}

// Fields points to the columns, each a text or an int64, with room for a few more.
func (s *StoredState) Fields() []any {
	return append(make([]any, 0, room), &s.Scope, &s.Region, &s.InstanceID, &s.Place, &s.Hash, &s.Generation, &s.Token, &s.Result, &s.ErrorCode, &s.RequestID,
		&s.Submitted, &s.LOA, &s.Run, &s.PendingRun, &s.PendingHash, &s.PendingGeneration, &s.PendingToken, &s.PendingOperation,
		&s.PendingPhase, &s.Tried, &s.Others, &s.Accepted)
}

// Store returns the state of a circuit in its stored form.
func (s State) Store(of StateKey) StoredState {
	return StoredState{
		Scope: string(of.Scope), Region: of.Key.Region, InstanceID: of.Key.InstanceID, Place: string(of.Place),
		Hash: s.Last.Hash, Generation: int64(s.Last.Generation), Token: s.Last.Token, Run: s.Last.Run,
		Result: string(s.Result), ErrorCode: s.ErrorCode, RequestID: s.RequestID, Submitted: Nanoseconds(s.SubmittedAt), LOA: s.LOAStatus,
		PendingRun: s.Pending.Run, PendingHash: s.Pending.Hash, PendingGeneration: int64(s.Pending.Generation), PendingToken: s.Pending.Token,
		PendingOperation: s.PendingOperation.String(), PendingPhase: int64(s.PendingPhase), Tried: Nanoseconds(s.Tried),
		Others: s.Others, Accepted: Nanoseconds(s.Accepted),
	}
}

// State decodes the state of a circuit.
func (s *StoredState) State() (batch.Key, State, error) {
	operation, err := batch.ParseOperation(s.PendingOperation)
	return batch.Key{Region: s.Region, InstanceID: s.InstanceID}, State{
		Last:             Submission{Run: s.Run, Hash: s.Hash, Generation: int(s.Generation), Token: s.Token},
		Pending:          Submission{Run: s.PendingRun, Hash: s.PendingHash, Generation: int(s.PendingGeneration), Token: s.PendingToken},
		PendingOperation: operation, PendingPhase: Phase(s.PendingPhase), Tried: Instant(s.Tried),
		Result: sheet.Result(s.Result), ErrorCode: s.ErrorCode, RequestID: s.RequestID,
		SubmittedAt: Instant(s.Submitted), LOAStatus: s.LOA, Others: s.Others, Accepted: Instant(s.Accepted),
	}, err
}

// StepColumns are the columns of the stored rows r, in the order of [StoredStep.Fields], and
// StepOrder lists them by run and row, the steps of a row in their order.
const (
	StepColumns = `r.run, r.row, r.region, r.instance_id, r.hash, r.begun, r.operation,
	r.token, r.generation, r.finished, r.result, r.reason, r.error_code, r.request_id, r.attempts, r.submitted, r.loa_status, r.tried`
	StepOrder = " ORDER BY r.run, r.row, r.place <> 'loa', r.place"
)

// StoredStep is one step of a row of a run in its stored form: what Begin and Finish write.
type StoredStep struct {
	Run, Row, Begun                     int64
	Region, InstanceID, Hash, Operation string

	Generation, Finished, Attempts, Submitted, Tried       int64
	Token, Result, Reason, ErrorCode, RequestID, LOAStatus string
}

// Fields points to the columns, each a text or an int64, with room for a few more.
func (s *StoredStep) Fields() []any {
	return append(make([]any, 0, room), &s.Run, &s.Row, &s.Region, &s.InstanceID, &s.Hash, &s.Begun, &s.Operation,
		&s.Token, &s.Generation, &s.Finished, &s.Result, &s.Reason, &s.ErrorCode, &s.RequestID, &s.Attempts, &s.Submitted, &s.LOAStatus, &s.Tried)
}

// StoreStep is a finished step in its stored form, without the hash of what was begun.
func StoreStep(run int64, o *batch.Outcome, finished time.Time) StoredStep {
	return StoredStep{
		Run: run, Row: int64(o.Row), Region: o.Key.Region, InstanceID: o.Key.InstanceID, Operation: o.Operation.String(),
		Token: o.Token, Generation: int64(o.Generation), Finished: finished.UnixNano(), Result: string(o.Result), Reason: string(o.Reason),
		ErrorCode: o.ErrorCode, RequestID: o.RequestID, Attempts: int64(o.Attempts), Submitted: Nanoseconds(o.SubmittedAt),
		LOAStatus: o.LOAStatus, Tried: Nanoseconds(o.Tried),
	}
}

// Outcome decodes the outcome of a step. One that was begun but never finished is UNKNOWN.
func (s *StoredStep) Outcome() (batch.Outcome, error) {
	operation, err := batch.ParseOperation(s.Operation)
	o := batch.Outcome{
		Row: int(s.Row), Key: batch.Key{Region: s.Region, InstanceID: s.InstanceID}, Operation: operation,
		Result: sheet.Result(s.Result), Reason: batch.Reason(s.Reason), ErrorCode: s.ErrorCode, RequestID: s.RequestID,
		Token: s.Token, Generation: int(s.Generation), Attempts: int(s.Attempts), SubmittedAt: Instant(s.Submitted),
		LOAStatus: s.LOAStatus, Tried: Instant(s.Tried),
	}
	if o.Result == "" {
		o.Result, o.Reason = sheet.Unknown, batch.ReasonUnsettled
	}
	return o, err
}

// AppendStep adds the next step to the rows of a run, each of which shows its steps so far.
func AppendStep(rows []batch.Outcome, o batch.Outcome) []batch.Outcome {
	if last := len(rows) - 1; last >= 0 && rows[last].Row == o.Row {
		rows[last] = batch.Shown(rows[last], o)
		return rows
	}
	return append(rows, o)
}

// Tally counts rows by the result that they show.
type Tally struct {
	Results map[sheet.Result]int
	last    batch.Outcome // the row to which the next step may belong
}

// Scan counts the next step of [StepOrder], given its row, operation and result.
func (t *Tally) Scan(scan func(...any) error) error {
	var o batch.Outcome
	var operation string
	err := scan(&o.Row, &operation, &o.Result)
	if err == nil {
		o.Operation, err = batch.ParseOperation(operation)
	}
	if err != nil {
		return err
	}
	if o.Row == t.last.Row {
		if t.Results[t.last.Result]--; t.Results[t.last.Result] == 0 {
			delete(t.Results, t.last.Result)
		}
		o = batch.Shown(t.last, o)
	}
	t.Results[o.Result]++
	t.last = o
	return nil
}

// The columns of the stored runs, in the order of [RunInfo.Values], and of [StoredRun.Fields].
const (
	InfoColumns = "id, scope, command, input, input_sha256, output, account, version, options, started, host, pid"
	RunColumns  = "seq, " + InfoColumns + ", taken_by, ended, final, pruned"
)

// Values returns the InfoColumns of a run.
func (i RunInfo) Values() []any {
	return []any{i.ID, string(i.Scope), i.Command, i.Input, i.InputSHA256, i.Output, i.Account, i.Version, string(i.Options),
		i.Started.UnixNano(), i.Host, i.PID}
}

// StoredRun is a run in its stored form.
type StoredRun struct {
	Seq                    int64
	run                    RunSummary
	started, ended, pruned int64
	options, final         string
}

// Fields points to the columns.
func (r *StoredRun) Fields() []any {
	i := &r.run
	return []any{&r.Seq, &i.ID, &i.Scope, &i.Command, &i.Input, &i.InputSHA256, &i.Output, &i.Account, &i.Version, &r.options,
		&r.started, &i.Host, &i.PID, &i.TakenBy, &r.ended, &r.final, &r.pruned}
}

// Over reports whether the run has ended or was taken over.
func (r *StoredRun) Over() bool { return r.ended != 0 || r.run.TakenBy != "" }

// Counted reports whether the stored counts of the run are final.
func (r *StoredRun) Counted() bool { return r.ended != 0 || r.pruned != 0 }

// Summary is the run without its members. alive matters only for a run that is not over.
func (r *StoredRun) Summary(alive bool) (RunSummary, error) {
	s := r.run
	s.Started, s.Pruned = Instant(r.started), Instant(r.pruned)
	if r.options != "" {
		s.Options = json.RawMessage(r.options)
	}
	s.Status = StatusOf(r.ended, s.TakenBy, alive)
	end, err := DecodeJSON[RunEnd](r.final)
	s.Results = end.Results
	if end.Ended = Instant(r.ended); s.Status == Ended {
		s.End = &end
	}
	return s, err
}

// StatusOf is the status of a run or a member, given when it ended and who has taken it over.
func StatusOf(ended int64, takenBy string, alive bool) Status {
	switch {
	case ended != 0:
		return Ended
	case takenBy != "":
		return TakenOver
	case alive:
		return Running
	}
	return Died
}

// LOAColumns are the columns of the stored LOAs, in the order of [LOA.Values] and [ScanLOA].
const LOAColumns = "scope, region, instance_id, since, status, asked, company, letter, letter_sha256"

// Values are the LOAColumns of what is known of an LOA.
func (l LOA) Values(scope Scope) []any {
	return []any{string(scope), l.Key.Region, l.Key.InstanceID, Nanoseconds(l.Since), l.Status, Nanoseconds(l.Asked), l.Company,
		l.Letter.Path, l.Letter.SHA256}
}

// ScanLOA reads the LOAColumns of a row, and the columns after them.
func ScanLOA(scan func(...any) error, after ...any) (l LOA, err error) {
	var since, asked int64
	err = scan(append([]any{&l.Scope, &l.Key.Region, &l.Key.InstanceID, &since, &l.Status, &asked, &l.Company, &l.Letter.Path, &l.Letter.SHA256}, after...)...)
	l.Since, l.Asked = Instant(since), Instant(asked)
	return l, err
}
