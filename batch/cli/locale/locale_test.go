package locale

import (
	"runtime"
	"testing"
)

func TestUser(t *testing.T) {
	for _, c := range []struct {
		variables map[string]string
		system    string
		want      string
	}{
		{map[string]string{"LC_ALL": "zh_CN.UTF-8", "LC_MESSAGES": "en_US", "LANG": "C"}, "", "zh_CN.UTF-8"},
		{map[string]string{"LC_ALL": "", "LC_MESSAGES": "zh_SG", "LANG": "en_US"}, "", "zh_SG"},
		{map[string]string{"LC_MESSAGES": "", "LANG": "zh_TW"}, "", "zh_TW"},
		{map[string]string{"LC_ALL": "C", "LANG": "zh_CN"}, "", "C"},
		{map[string]string{"LC_CTYPE": "zh_CN"}, "", ""},
		{map[string]string{"LC_ALL": "C", "LANG": "en_US.UTF-8"}, "zh-CN", "C"},
		{map[string]string{"LANG": "en_US.UTF-8"}, "zh-CN", "zh-CN"}, // Windows, in a shell that sets LANG
	} {
		if got := User(func(name string) string { return c.variables[name] }, c.system); got != c.want {
			t.Errorf("%v, %q: got %q, want %q", c.variables, c.system, got, c.want)
		}
	}
	if runtime.GOOS != "windows" && System() != "" {
		t.Errorf("the system names the language %q", System())
	}
}
