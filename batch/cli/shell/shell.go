// Package shell writes command lines that people can paste into a shell.
package shell

import (
	"runtime"
	"strings"
	"unicode"
)

// Quote quotes an argument if necessary. Double quotes work in every shell as long as
// nothing is special inside them; otherwise the argument is quoted for a POSIX shell.
func Quote(arg string) string {
	switch {
	case runtime.GOOS == "windows":
		return windowsQuote(arg)
	case arg == "":
		return `""`
	case !strings.ContainsFunc(arg, needsQuotes):
		return arg
	case strings.ContainsAny(arg, "\"$`\\!"):
		return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
	}
	return `"` + arg + `"`
}

// windowsQuote quotes an argument for cmd.exe and PowerShell, where a backslash is part of a
// path, and for [windows.DecomposeCommandLine], by which the program splits it again.
func windowsQuote(arg string) string {
	if arg != "" && !strings.ContainsFunc(arg, func(c rune) bool { return c != '\\' && needsQuotes(c) || c == '%' || c == '@' || c == ',' }) {
		return arg
	}
	before := strings.TrimRight(arg, `\`)
	return `"` + strings.ReplaceAll(before, `"`, `\"`) + strings.Repeat(`\`, 2*(len(arg)-len(before))) + `"`
}

// needsQuotes reports whether some shell treats a character specially. PowerShell splits at wide
// spaces, too.
func needsQuotes(c rune) bool {
	return c <= ' ' || unicode.IsSpace(c) || c < 0x7F && !strings.ContainsRune("+,-./:=@_%", c) &&
		!(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z')
}
