package prose

// The parts of the Chinese catalogue that are still to be written. Each line goes when its
// map is added.
var (
	zhRules     = map[string]Entry{}
	zhBeside    = map[string]Entry{}
	zhCircuits  = map[string]Entry{}
	zhEngineers = map[string]Entry{}
	zhFiles     = map[string]Entry{}
	zhParts     = map[string]Entry{}
	zhCopy      = map[string]Entry{}
	zhReasons   = map[string]Entry{}
	zhAPI       = map[string]Entry{}
	zhWire      = map[string]Entry{}
	zhReport    = map[string]Entry{}
	zhTemplate  = map[string]Entry{}
	zhLines     = map[string]Entry{}
)
