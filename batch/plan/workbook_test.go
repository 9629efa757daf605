package plan

import (
	"fmt"
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// workbook makes a workbook of n circuits in one region, with one engineer who works on
// all of them.
func workbook(n int) *sheet.Workbook {
	w := &sheet.Workbook{
		CircuitsTable: sheet.Table{
			Sheet: "Circuits", HeaderRow: 1,
			Columns: map[sheet.ColumnID]int{sheet.CircuitInstanceID: 1},
			Headers: map[sheet.ColumnID]string{sheet.CircuitInstanceID: "Instance ID"},
		},
		EngineersTable: sheet.Table{Sheet: "Engineers", HeaderRow: 1},
		Engineers: []sheet.Engineer{{
			Row: 2, All: true, Name: "Made Up", CertificateType: "IDCard", CertificateNo: "000000199001010000", Gender: "Male", Contact: "00000000000",
		}},
	}
	everyone := []int32{0}
	w.Circuits = make([]sheet.Circuit, 0, n)
	for i := range n {
		w.Circuits = append(w.Circuits, sheet.Circuit{
			Row: i + 2, InstanceID: fmt.Sprintf("pc-%07d", i), RegionID: "cn-hangzhou",
			CompanyName: "Example Ltd", LineType: "FIBRE", Si: "Example Builders",
			ConstructionTime: time.Date(2027, 1, 15, 8, 0, 0, 0, time.UTC), Engineers: everyone,
		})
	}
	return w
}
