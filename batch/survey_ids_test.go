package batch_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// onePerPage answers a question by IDs with one circuit on each page.
type onePerPage struct{}

func (onePerPage) Survey(_ context.Context, _ string, page int, ids []string) (batch.SurveyPage, error) {
	ids = slices.Sorted(slices.Values(ids))
	return batch.SurveyPage{Pages: len(ids), Circuits: []batch.CircuitState{allocated(ids[page-1])}}, nil
}

// An answer about IDs is read to its last page.
func TestSurveyByIDReadsEveryPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rows = 5
		sum := surveyed(t, &batch.Engine{Surveyor: onePerPage{}}, rows)
		addUp(t, sum.Outcomes, map[sheet.Result]int{sheet.Valid: rows})
	})
}
