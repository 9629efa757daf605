package prose

// enLines: the lines of the commands.
var enLines = map[string]Entry{}
