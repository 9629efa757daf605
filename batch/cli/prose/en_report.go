package prose

// enReport: the labels of summaries and reports.
var enReport = map[string]Entry{}
