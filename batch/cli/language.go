package cli

import (
	"strings"

	"github.com/loabatch/loabatch/batch/cli/locale"
	"github.com/loabatch/loabatch/batch/cli/prose"
)

// How the language is chosen: --lang, else LOABATCH_LANG, else the user's locale, else
// English. The first two decide for everything; without them, what is written into a
// workbook or beside it is in the workbook's own language.

// catalogue returns the sentences for a user. It does not wait for the flags to be parsed,
// as an error in them is printed too. Whether --lang is a language is checked later.
func (e Env) catalogue() *prose.Catalogue {
	for _, lang := range []string{argument(e.Args, "--lang"), e.Getenv(variable("lang"))} {
		if c, ok := prose.For(lang); ok {
			return c
		}
	}
	if c, ok := prose.ForLocale(locale.User(e.Getenv, e.Language)); ok {
		return c
	}
	return prose.English
}

// argument returns the value of the last such flag on a command line, or "".
func argument(args []string, flag string) (value string) {
	for i, arg := range args {
		switch after, joined := strings.CutPrefix(arg, flag+"="); {
		case arg == "--":
			return value
		case joined:
			value = after
		case arg == flag && i+1 < len(args):
			value = args[i+1]
		}
	}
	return value
}
