//go:build ignore

// Command version2 writes version2.db.gz, a ledger of schema version 2 in which one
// service has several spellings. It must be run with the code of that version.
package main

import (
	"compress/gzip"
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/sqlite"
	"github.com/loabatch/loabatch/sheet"
)

const (
	account = "1000000000000001"
	another = "1000000000000002"
)

// A row is what a run does about one circuit; without a result it is killed first.
type row struct {
	circuit int
	content string
	result  sheet.Result
}

// runs are the runs in order. Those with a row without a result never end.
var runs = []struct {
	id, endpoint, account string
	rows                  []row
}{
	{"monday", "endpoint:http://127.0.0.1:8080", account, []row{
		{0, "content", sheet.Submitted}, {1, "content", ""}, {2, "content", sheet.Unknown}, {3, "content", sheet.Submitted},
		{7, "content", sheet.Refused}, {8, "content", ""}}},
	{"tuesday", "endpoint:http://LOCALHOST:8080/", account, []row{
		{0, "changed", ""}, {1, "changed", sheet.Refused}, {2, "changed", ""}, {3, "content", ""},
		{4, "content", sheet.Submitted}, {7, "changed", sheet.Refused}, {8, "content", ""}}},
	{"wednesday", "endpoint:https://vpc.aliyuncs.com", account, []row{{5, "content", sheet.Submitted}}},
	{"thursday", "real", account, []row{{5, "changed", ""}, {9, "content", sheet.Submitted}}},
	{"friday", "real", another, []row{{6, "content", sheet.Submitted}}},
}

func main() {
	log.SetFlags(0)
	folder, err := os.MkdirTemp("", "version2-")
	check(err)
	defer os.RemoveAll(folder)
	path := folder + "/ledger.db"
	ctx := context.Background()
	s, err := sqlite.Open(ctx, path)
	check(err)
	for day, one := range runs {
		started := time.Date(2026, 11, 23+day, 2, 0, 0, 0, time.UTC)
		var keys []batch.Key
		for _, r := range one.rows {
			keys = append(keys, batch.Key{Region: "cn-hangzhou", InstanceID: fmt.Sprintf("pc-%06d", r.circuit)})
		}
		run, err := s.Start(ctx, ledger.RunInfo{ID: one.id, Scope: ledger.Scope(one.endpoint + ":" + one.account), Command: "submit",
			Input: "in.xlsx", Account: one.account, Host: "desk", PID: 7, Started: started, Version: "v0.2.0"}, keys)
		check(err)
		killed := false
		for i, r := range one.rows {
			hash := fmt.Sprint(r.content, r.circuit)
			a := batch.Application{Row: i + 2, Key: keys[i], Hash: hash, Token: "token-" + hash + "-0"}
			check(run.Begin(ctx, a))
			if r.result == "" {
				killed = true
				continue
			}
			o := batch.Outcome{Row: a.Row, Key: a.Key, Result: r.result, Token: a.Token, RequestID: "request-" + a.Token}
			if r.result == sheet.Submitted {
				o.SubmittedAt, o.LOAStatus = started.Add(time.Second), "Applying"
			}
			check(run.Finish(ctx, o))
		}
		if !killed {
			check(run.End(ctx, ledger.RunEnd{Ended: started.Add(time.Minute)}))
		}
	}
	check(s.Close())
	content, err := os.ReadFile(path)
	check(err)
	out, err := os.Create("version2.db.gz")
	check(err)
	packed := gzip.NewWriter(out)
	_, err = packed.Write(content)
	check(err)
	check(packed.Close())
	check(out.Close())
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
