package prose

// enHosts: a ledger in a database, and runs that several hosts work on.
var enHosts = map[string]Entry{
	"ledger-address":        {Message: "cannot read the address of the ledger, {address}", Hint: "Write it as postgres://USER@HOST:5432/DATABASE, with the password in the variable PGPASSWORD. In the address, @ is written as %40, and / as %2F."},
	"ledger-password-shown": {Message: "the other users of this machine can see the password in --ledger", Hint: "Give it in the variable PGPASSWORD or LOABATCH_LEDGER, in the file that PGPASSFILE names, or in ~/.pgpass. The commands that loabatch suggests do not have it."},
	"ledger-unreachable":    {Message: "the database server does not answer: {cause}", Hint: "Check the host and the port in --ledger, the network and the server."},
	"ledger-authentication": {Message: "the database server rejected the user or the password: {cause}", Hint: "Give the password in the variable PGPASSWORD, in the file that PGPASSFILE names, or in ~/.pgpass."},
	"ledger-rights":         {Message: "the user lacks a right in the database: {cause}", Hint: "Grant the user CREATE on the database, for the schema loabatch; no superuser is needed."},
	"ledger-no-database":    {Message: "the server does not have this database: {cause}", Hint: "Correct its name in --ledger, or create it with CREATE DATABASE."},
	"ledger-encryption":     {Message: "the connection to the database server cannot be encrypted: {cause}", Hint: "Check sslmode and sslrootcert in the address; they mean what they mean to psql."},
	"ledger-standby":        {Message: "the database is read-only, as on a standby server", Hint: "Give the address of the primary, or all hosts and ?target_session_attrs=read-write."},
	"ledger-old-server":     {Message: "the database server is too old: {cause}", Hint: "Use a later version of PostgreSQL."},
	"ledger-server-full":    {Message: "the disk of the database server is full", Hint: "Free up some space there."},
	"ledger-server-busy":    {Message: "another session of the database kept it locked for too long", Hint: "Look for a hung session in pg_stat_activity, then run again."},
	"ledger-server-foreign": {Message: "the schema loabatch of the database is not a ledger", Hint: "Give another database with --ledger; this one was not touched."},
	"ledger-server-corrupt": {Message: "the tables are damaged, or another program changed them: {cause}", Hint: "Restore the database from a backup."},
	"ledger-server-other":   {Message: "the database failed: {cause}", Hint: "Read the log of the database server."},
	"ledger-server-failed":  {Message: "the ledger failed: {reason}", Hint: "Nothing more was sent. {todo} Then run the same command again."},
}
