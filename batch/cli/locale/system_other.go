//go:build !windows

package locale

// System returns "": on systems other than Windows, variables name the language.
func System() string { return "" }
