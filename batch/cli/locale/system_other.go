//go:build !windows

package locale

// System returns "": where it is not Windows, variables name the language.
func System() string { return "" }
