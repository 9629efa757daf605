package cli

import (
	"io"
	"time"

	"github.com/loabatch/loabatch/sheet/xlsx"
)

// exampleLead is how far ahead the example's work starts: late enough to be no past
// time for months, early enough to be no far one.
const exampleLead = 180 * 24 * time.Hour

// writeExample writes the template with two circuits and three engineers filled in, who
// and which do not exist: what a correct workbook looks like.
func writeExample(w io.Writer, words xlsx.TemplateWords, now time.Time) error {
	start := now.UTC().Add(exampleLead).Truncate(24 * time.Hour).Add(9 * time.Hour)
	for start.Weekday() == time.Saturday || start.Weekday() == time.Sunday {
		start = start.AddDate(0, 0, 1)
	}
	return xlsx.WriteTemplate(w, xlsx.Template{
		Words: words,
		Circuits: [][]any{
			{"pc-example0000000001", "cn-hangzhou", "Example Trading Co., Ltd.", "FIBRE", "Placeholder Telecom Engineering", start, 1000, "Hangzhou, building 1, room 101"},
			{"pc-example0000000002", "ap-southeast-1", "Example Trading Co., Ltd.", "MSTP", "Sample Fibre Works", start.Format(time.RFC3339)},
		},
		Engineers: [][]any{
			{"*", "Ansible Sample", "Passport", "X00012345", "Female", "+447700900123"},
			{"pc-example0000000001", "Bramble Dummy", "Passport", "X00054321", "Male", "+447700900456"},
			{"pc-example0000000001, pc-example0000000002", "Candle Mock", "Passport", "X00067890", "Male", "+447700900789"},
		},
	})
}
