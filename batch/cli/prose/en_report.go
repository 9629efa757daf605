package prose

// enReport: the labels of summaries and reports. Entries ending in -one are the same
// line about exactly one thing; a language without plurals repeats itself there.
var enReport = map[string]Entry{
	// What happened, in one line.
	"report-head-done":         {Message: "done: {good} of {rows} rows need nothing more"},
	"report-head-some":         {Message: "{accepted} of {rows} rows are accepted, {bad} need attention"},
	"report-head-nothing-sent": {Message: "nothing was sent: {bad} of {rows} rows need attention"},
	"report-head-valid":        {Message: "dry run, nothing was sent: {good} of {rows} rows are valid"},
	"report-head-invalid":      {Message: "dry run, nothing was sent: {bad} of {rows} rows need attention"},
	"report-head-stopped":      {Message: "stopped early: {accepted} of {rows} rows are accepted, {left} were not attempted"},
	"report-head-no-copy":      {Message: "{accepted} of {rows} rows are accepted, but the results copy could not be written; the ledger has everything"},
	"report-head-status":       {Message: "asked where the LOA of each of {rows} rows stands"},
	"report-head-empty":        {Message: "the workbook has no rows: nothing to do"},
	"report-simulated":         {Message: "simulated: the embedded simulator answered, nothing left this machine"},

	// What to do about rows with a result.
	"report-step-submitted":     {Message: "accepted by the API in this run"},
	"report-step-already":       {Message: "had been accepted before"},
	"report-step-valid":         {Message: "nothing stands against them: submit"},
	"report-step-blocked":       {Message: "the API would refuse them now: wait or fix"},
	"report-step-invalid":       {Message: "not sent: fix the cells"},
	"report-step-refused":       {Message: "refused for good: fix the row or the circuit"},
	"report-step-failed":        {Message: "attempts ran out, nothing was applied for: run again"},
	"report-step-unknown":       {Message: "may have arrived: run again, the same token prevents a second application"},
	"report-step-not_attempted": {Message: "the run stopped before their turn: run again"},
	"report-step-skipped":       {Message: "left out by --only"},

	// Problems and causes.
	"report-severity-error":    {Message: "error"},
	"report-severity-warning":  {Message: "warning"},
	"report-severity-note":     {Message: "note"},
	"report-more-problems":     {Message: "and {n} more: {where}"},
	"report-more-problems-one": {Message: "and 1 more: {where}"},
	"report-more-causes":       {Message: "and {n} more causes: {where}"},
	"report-more-causes-one":   {Message: "and 1 more cause: {where}"},
	"report-more-cells":        {Message: "and {n} more"},
	"report-more-cells-one":    {Message: "and 1 more"},
	"report-see-errors":        {Message: "see Errors in the copy"},
	"report-see-json":          {Message: "add -o FILE for a copy that lists all"},

	// Where things are and what they cost.
	"report-copy":          {Message: "copy"},
	"report-report":        {Message: "report"},
	"report-run":           {Message: "run"},
	"report-next":          {Message: "next"},
	"report-requests":      {Message: "{n} requests"},
	"report-requests-one":  {Message: "1 request"},
	"report-retries":       {Message: "{n} retries"},
	"report-retries-one":   {Message: "1 retry"},
	"report-throttled":     {Message: "throttled {n} times"},
	"report-throttled-one": {Message: "throttled once"},
	"report-warnings":      {Message: "{n} warnings"},
	"report-warnings-one":  {Message: "1 warning"},
	"report-notes":         {Message: "{n} notes"},
	"report-notes-one":     {Message: "1 note"},

	// What to do next.
	"report-next-none":    {Message: "nothing to do"},
	"report-next-status":  {Message: "nothing to do now; later, ask where each LOA stands:"},
	"report-next-submit":  {Message: "submit for real:"},
	"report-next-fix-dry": {Message: "fix the cells, then check again:"},
	"report-next-blocked": {Message: "wait or fix what blocks them, then check again:"},
	"report-next-fix":     {Message: "fix the rows, then run it again; accepted rows are not applied for twice:"},
	"report-next-again":   {Message: "run it again; it finishes the rest, and accepted rows are not applied for twice:"},
	"report-next-both":    {Message: "fix the rows, then run it again; it finishes the rest, and nothing is applied for twice:"},
	"report-next-copy":    {Message: "write the copy again from the ledger:"},
	"report-next-doctor":  {Message: "find out what is wrong with the account, then run the same again:"},
}
