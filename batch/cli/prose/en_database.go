package prose

// enDatabase: what doctor says of a ledger's database server, and a ledger that moves into one.
var enDatabase = map[string]Entry{
	"doctor-what-database": {Message: "database"},

	"doctor-database":              {Message: "PostgreSQL {version}, as the role {role}"},
	"doctor-database-super":        {Message: "the role {role} is a superuser", Hint: "Use an ordinary role: one that owns its database needs nothing more."},
	"doctor-database-rights":       {Message: "the role {role} may not do everything that a run needs", Hint: "Have the owner of the database run: {grants}"},
	"doctor-database-encrypted":    {Message: "the connection is encrypted ({protocol}), and the server's certificate was verified"},
	"doctor-database-local":        {Message: "the connection does not leave this machine"},
	"doctor-database-unverified":   {Message: "the connection is encrypted ({protocol}), but the server's certificate was not verified: another server could pose as it", Hint: "Add sslmode=verify-full to the address, and sslrootcert=FILE if the certificate is signed by your own authority."},
	"doctor-database-plain":        {Message: "the connection is not encrypted", Hint: "Turn on ssl on the server, and add sslmode=verify-full to the address."},
	"doctor-database-lossy":        {Message: "a crash of the server may lose what was committed: fsync, full_page_writes or synchronous_commit is off", Hint: "Turn all of them on in postgresql.conf. Otherwise an application that was sent may be unknown afterwards."},
	"doctor-database-alone":        {Message: "commits are on the server's disk before anything is sent; no standby is connected"},
	"doctor-database-standby":      {Message: "commits are on the server's disk and wait for a standby ({names}; {standbys} connected)"},
	"doctor-database-asynchronous": {Message: "{standbys} {standbys:standby is|standbys are} connected, and no commit waits for one: a failover may lose the last of them", Hint: "Set synchronous_standby_names in postgresql.conf, such as 'ANY 1 (*)', with synchronous_commit = on."},
	"doctor-database-local-commit": {Message: "commits do not wait for a standby, since synchronous_commit is {commit}", Hint: "Set synchronous_commit = on for the role or the database: a failover may lose the last commits."},
	"doctor-database-waits":        {Message: "commits wait for a standby ({names}), and no standby is connected", Hint: "Start the standby again, or change synchronous_standby_names in postgresql.conf. Until then every run waits."},
	"doctor-database-clock":        {Message: "{skew} off the database's clock"},
	"doctor-database-clock-off":    {Message: "this machine's clock is {skew} off the database's", Hint: "Set both by NTP. Quotas and heartbeats go by the database's clock, so no run is at risk, but times in the history are confusing."},
	"doctor-database-answers":      {Message: "a query takes {trip}"},
	"doctor-database-slow":         {Message: "a query takes {trip}, which may keep a run below its quota", Hint: "Run it nearer to the database, or raise --concurrency: a row takes some 13 queries."},
	"doctor-database-crowded":      {Message: "{free} {free:connection is|connections are} free for ordinary roles", Hint: "Raise max_connections in postgresql.conf: each process uses up to 10."},

	"ledger-moved":          {Message: "this ledger has moved to {to} on {when} UTC", Hint: "Nothing was sent. Give that address with --ledger or LOABATCH_LEDGER; history and report still read this one."},
	"take-over-question":    {Message: "move the ledger {file} into {to}?"},
	"take-over-no-yes":      {Message: "without a terminal, --take-over needs --yes", Hint: "Nothing was changed."},
	"take-over-declined":    {Message: "nothing was moved"},
	"take-over-alone":       {Message: "--take-over cannot be combined with {other}", Hint: "Move the ledger first, then run history again."},
	"take-over-database":    {Message: "--take-over moves a ledger into a database, and {ledger} is a file", Hint: "Give the address of the database with --ledger postgres://… or LOABATCH_LEDGER."},
	"take-over-no-file":     {Message: "there is no ledger {file}", Hint: "Give the path of the file that earlier runs used with --ledger, or of the usual one."},
	"taken-over":            {Message: "moved {file} into {to}: {runs} {runs:run|runs} with {rows} {rows:row|rows}, {circuits} {circuits:circuit|circuits}, {open} {open:application|applications} unsettled"},
	"take-over-twice":       {Message: "{file} of {host} was moved here on {when} UTC already: {runs} {runs:run|runs}, {circuits} {circuits:circuit|circuits}", Hint: "There is nothing to do: everything in it is in the database."},
	"take-over-run-known":   {Message: "the database already knows the run {run} of {file}", Hint: "This file is probably a copy of a ledger that was moved here. Nothing was changed."},
	"take-over-known":       {Message: "the database already knows {n} {n:circuit|circuits} of {file}, such as {circuit}", Hint: "Nothing was changed. Move a ledger before the first run with the database. Now submit the latest results copies of these circuits: what they say counts."},
	"take-over-in-progress": {Message: "run {run} of this ledger is in progress on {host}, process {pid}, since {since}", Hint: "Nothing was changed. Wait for it to end, or stop it, and move the ledger then."},
	"take-over-failed":      {Message: "cannot move the ledger {file}: {reason}", Hint: "Run the same command again; nothing is moved twice."},
}
