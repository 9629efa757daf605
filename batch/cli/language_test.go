package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// The language comes from --lang, else LOABATCH_LANG, else the user's locale, also for
// errors in the flags.
func TestLanguage(t *testing.T) {
	for _, c := range []struct {
		args      string
		variables map[string]string
		system    string
		want      string
	}{
		{"validate", nil, "", "en"},
		{"validate --lang zh", nil, "", "zh"},
		{"validate --lang=zh --no-such-flag", nil, "", "zh"},
		{"validate --no-such-flag --lang zh", nil, "", "zh"},
		{"validate --lang zh --lang en", nil, "", "en"},
		{"validate -- --lang zh", nil, "", "en"},
		{"validate", map[string]string{"LOABATCH_LANG": "zh", "LC_ALL": "en_US.UTF-8"}, "", "zh"},
		{"validate --lang en", map[string]string{"LOABATCH_LANG": "zh"}, "", "en"},
		{"validate", map[string]string{"LANG": "zh_CN.UTF-8"}, "", "zh"},
		{"validate", map[string]string{"LC_MESSAGES": "zh_TW", "LANG": "en_US.UTF-8"}, "", "zh"},
		{"validate", map[string]string{"LC_ALL": "POSIX", "LANG": "zh_CN.UTF-8"}, "", "en"},
		{"validate", map[string]string{"LANG": "fr_FR.UTF-8"}, "", "en"},
		{"validate", nil, "zh-CN", "zh"},
		{"validate", map[string]string{"LANG": "zh_CN.UTF-8"}, "en-US", "en"},
	} {
		env := Env{Args: strings.Fields(c.args), Getenv: func(name string) string { return c.variables[name] }, Language: c.system}
		if got := env.catalogue().Language(); got != c.want {
			t.Errorf("%s with %v, %q: got %s, want %s", c.args, c.variables, c.system, got, c.want)
		}
	}
}

// A language that there is no catalogue for is a usage error, wherever it is named.
func TestUnknownLanguage(t *testing.T) {
	for _, c := range []struct {
		args     []string
		variable string
	}{{[]string{"history", "--lang", "fr"}, ""}, {[]string{"history"}, "zh_CN"}} {
		var stdout, stderr bytes.Buffer
		got := Run(t.Context(), Env{
			Args: c.args, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Now: time.Now,
			Getenv: func(name string) string {
				if name == "LOABATCH_LANG" {
					return c.variable
				}
				return ""
			},
		})
		if got != exitUsage || !strings.Contains(stderr.String(), "error: --lang does not accept") || !strings.Contains(stderr.String(), "It takes one of: en, zh.") {
			t.Errorf("%q, %q: exit %d: %s", c.args, c.variable, got, stderr.String())
		}
	}
}
