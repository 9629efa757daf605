package locale

import "golang.org/x/sys/windows"

// System returns the first of the languages that the user has chosen for the interface of
// Windows, such as zh-CN, or "" if Windows does not say.
func System() string {
	languages, err := windows.GetUserPreferredUILanguages(windows.MUI_LANGUAGE_NAME)
	if err != nil || len(languages) == 0 {
		return ""
	}
	return languages[0]
}
