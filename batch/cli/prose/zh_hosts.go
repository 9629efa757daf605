package prose

// zhHosts: enHosts in Chinese.
var zhHosts = map[string]Entry{
	"ledger-address":        {Message: "无法识别台账的地址 {address}", Hint: "请写成 postgres://USER@HOST:5432/DATABASE，密码放在变量 PGPASSWORD 中。地址中的 @ 写成 %40，/ 写成 %2F。"},
	"ledger-password-shown": {Message: "本机的其他用户能看到 --ledger 中的密码", Hint: "请将密码放在变量 PGPASSWORD 或 LOABATCH_LEDGER、PGPASSFILE 指定的文件或 ~/.pgpass 中。loabatch 建议的命令不带密码。"},
	"ledger-unreachable":    {Message: "数据库服务器没有响应：{cause}", Hint: "请检查 --ledger 中的主机和端口、网络以及服务器。"},
	"ledger-authentication": {Message: "数据库服务器拒绝了用户或密码：{cause}", Hint: "请将密码放在变量 PGPASSWORD、PGPASSFILE 指定的文件或 ~/.pgpass 中。"},
	"ledger-rights":         {Message: "该用户在数据库中缺少权限：{cause}", Hint: "请授予该用户对数据库的 CREATE 权限，用于创建 schema loabatch；不需要超级用户。"},
	"ledger-no-database":    {Message: "服务器上没有此数据库：{cause}", Hint: "请更正 --ledger 中的名称，或用 CREATE DATABASE 创建。"},
	"ledger-encryption":     {Message: "无法加密与数据库服务器的连接：{cause}", Hint: "请检查地址中的 sslmode 和 sslrootcert；含义与 psql 相同。"},
	"ledger-standby":        {Message: "数据库只读，可能是备用服务器", Hint: "请填写主服务器的地址，或列出所有主机并加上 ?target_session_attrs=read-write。"},
	"ledger-old-server":     {Message: "数据库服务器版本过低：{cause}", Hint: "请使用更高版本的 PostgreSQL。"},
	"ledger-server-full":    {Message: "数据库服务器的磁盘已满", Hint: "请在服务器上释放磁盘空间。"},
	"ledger-server-busy":    {Message: "数据库的另一个会话占用时间过长", Hint: "请在 pg_stat_activity 中检查有没有卡住的会话，然后重新运行。"},
	"ledger-server-foreign": {Message: "数据库的 schema loabatch 不是台账", Hint: "请用 --ledger 指定其他数据库；此数据库没有改动。"},
	"ledger-server-corrupt": {Message: "数据表已损坏，或曾由其他程序改动：{cause}", Hint: "请从备份恢复数据库。"},
	"ledger-server-other":   {Message: "数据库出错：{cause}", Hint: "请查看数据库服务器的日志。"},
	"ledger-server-failed":  {Message: "台账出错：{reason}", Hint: "已停止发送。{todo}然后请重新运行同一命令。"},
}
