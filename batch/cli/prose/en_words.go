package prose

// enWords: the marks, labels and short words that lines are put together from.
var enWords = map[string]Entry{
	"state-not-asked": {Message: "not asked"},

	"mark-list":   {Message: ", "},
	"mark-facts":  {Message: ", "},
	"mark-colon":  {Message: ": "},
	"mark-number": {Message: "{n}"},
	"mark-clause": {Message: "; "},

	"confirm-answers": {Message: "[y/N]"},
	"code-meaning":    {Message: "{meaning} ({code})"},
	"dry-run-mode":    {Message: "{command} ({mode})"},
	"requests-of":     {Message: "{n} (Retries {retries}, Throttled requests {throttled})"},
	"share":           {Message: "{count} {word}"},
	"more-circuits":   {Message: "{list} +{n}"},

	// how long something took
	"elapsed-milliseconds": {Message: "{n}ms"},
	"elapsed-seconds":      {Message: "{seconds}s"},
	"elapsed-minutes":      {Message: "{minutes}m{seconds}s"},
	"elapsed-hours":        {Message: "{hours}h{minutes}m"},

	// why the system could not do something, where every system says the same
	"cause-not-exist":       {Message: "no such file or directory"},
	"cause-exist":           {Message: "file exists"},
	"cause-permission":      {Message: "permission denied"},
	"cause-full":            {Message: "no space left on device"},
	"cause-read-only":       {Message: "read-only file system"},
	"cause-folder":          {Message: "is a directory"},
	"cause-no-folder":       {Message: "not a directory"},
	"cause-name":            {Message: "file name too long"},
	"cause-pipe":            {Message: "broken pipe"},
	"cause-io":              {Message: "input/output error"},
	"cause-in-use":          {Message: "another program has it open"},
	"cause-no-share":        {Message: "the network share cannot be reached"},
	"cause-name-characters": {Message: "a file cannot have this name"},
	"cause-cloud":           {Message: "OneDrive or a similar program cannot fetch it"},
	"cause-no-program":      {Message: "no such program"},
	"cause-program-here":    {Message: "the program is in the current folder; name it with its path"},
	"cause-not-program":     {Message: "it is not a program; name the one that runs it"},
	"cause-no-opener":       {Message: "no program is set up for such files"},
	"cause-no-check":        {Message: "the service does not know the URL"},
	"cause-no-host":         {Message: "the host name cannot be resolved"},
	"cause-no-connection":   {Message: "no connection"},
	"cause-no-answer":       {Message: "no answer"},
	"cause-certificate":     {Message: "the certificate cannot be verified"},
	"cause-proxy":           {Message: "the proxy cannot be used"},
	"cause-address-in-use":  {Message: "address already in use"},
	"cause-quota":           {Message: "disk quota exceeded"},

	// the columns of the CSV report
	"csv-severity":   {Message: "severity"},
	"csv-code":       {Message: "code"},
	"csv-sheet":      {Message: "sheet"},
	"csv-cell":       {Message: "cell"},
	"csv-column":     {Message: "column"},
	"csv-value":      {Message: "value"},
	"csv-message":    {Message: "message"},
	"csv-hint":       {Message: "hint"},
	"csv-suggestion": {Message: "suggestion"},
	"csv-circuit":    {Message: "circuit"},
	"csv-change_ref": {Message: "change_ref"},

	// the states of a run
	"history-running":    {Message: "running"},
	"history-ended":      {Message: "ended"},
	"history-died":       {Message: "died"},
	"history-taken-over": {Message: "taken-over"},

	// what doctor checks
	"doctor-what-environment": {Message: "environment"},
	"doctor-what-quota":       {Message: "quota"},
	"doctor-what-credentials": {Message: "credentials"},
	"doctor-what-endpoint":    {Message: "endpoint"},
	"doctor-what-proxy":       {Message: "proxy"},
	"doctor-what-account":     {Message: "account"},
	"doctor-what-clock":       {Message: "clock"},
	"doctor-what-billing":     {Message: "billing"},
	"doctor-what-ledger":      {Message: "ledger"},
	"doctor-what-folder":      {Message: "folder"},
	"doctor-what-workbook":    {Message: "workbook"},
	"doctor-what-permission":  {Message: "permission"},
	"doctor-what-circuits":    {Message: "circuits"},

	// a source of credentials that gave none, although it is configured
	"source-encoded": {Message: "{source} (failed: save the file as UTF-8 without a byte order mark)"},
	"source-failed":  {Message: "{source} (failed)"},

	// the severities of rules that explain lists, beyond those of reports
	"report-severity-off": {Message: "off"},
}
