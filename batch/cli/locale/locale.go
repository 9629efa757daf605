// Package locale finds out which language the user of this process reads.
package locale

import "cmp"

// User returns the locale of the user, such as zh_CN.UTF-8 or zh-CN, or "" if it is not set. It is the first of LC_ALL, LC_MESSAGES and LANG that is not empty (POSIX.1-2024, 8.2).
// On Windows it is LC_ALL, which is only ever set on purpose, or else the language of the user
// interface, given by system.
func User(getenv func(string) string, system string) string {
	if system != "" {
		return cmp.Or(getenv("LC_ALL"), system)
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := getenv(name); value != "" {
			return value
		}
	}
	return ""
}
