package prose

// enRules: the rules of the sheets.
var enRules = map[string]Entry{}
