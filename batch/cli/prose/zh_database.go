package prose

// zhDatabase: enDatabase in Chinese.
var zhDatabase = map[string]Entry{
	"doctor-what-database": {Message: "数据库"},

	"doctor-database":              {Message: "PostgreSQL {version}，用户 {role}"},
	"doctor-database-super":        {Message: "用户 {role} 是超级用户", Hint: "请使用普通用户：只需拥有自己的数据库，不需要其他权限。"},
	"doctor-database-rights":       {Message: "用户 {role} 缺少运行所需的权限", Hint: "请由数据库的所有者执行：{grants}"},
	"doctor-database-encrypted":    {Message: "连接已加密（{protocol}），并已验证服务器证书"},
	"doctor-database-local":        {Message: "连接不经过网络，只在本机内"},
	"doctor-database-unverified":   {Message: "连接已加密（{protocol}），但没有验证服务器证书：其他服务器可以冒充", Hint: "请在地址中加上 sslmode=verify-full；证书由自己的机构签发时，再加上 sslrootcert=FILE。"},
	"doctor-database-plain":        {Message: "连接没有加密", Hint: "请在服务器上启用 ssl，并在地址中加上 sslmode=verify-full。"},
	"doctor-database-lossy":        {Message: "服务器崩溃时可能丢失已提交的数据：fsync、full_page_writes 或 synchronous_commit 已关闭", Hint: "请在 postgresql.conf 中全部开启，否则崩溃之后可能无法得知哪些申请已经发送。"},
	"doctor-database-alone":        {Message: "发送之前，提交已写入服务器磁盘；没有连接备用服务器"},
	"doctor-database-standby":      {Message: "提交写入服务器磁盘，并等待备用服务器确认（{names}，已连接 {standbys} 台）"},
	"doctor-database-asynchronous": {Message: "已连接 {standbys} 台备用服务器，但提交不等待其确认：故障切换时可能丢失最近的提交", Hint: "请在 postgresql.conf 中设置 synchronous_standby_names，例如 'ANY 1 (*)'，并设 synchronous_commit = on。"},
	"doctor-database-local-commit": {Message: "提交不等待备用服务器，因为 synchronous_commit 为 {commit}", Hint: "请为该用户或数据库设置 synchronous_commit = on，否则故障切换时可能丢失最近的提交。"},
	"doctor-database-waits":        {Message: "提交需要等待备用服务器确认（{names}），但没有备用服务器连接", Hint: "请启动备用服务器，或修改 postgresql.conf 中的 synchronous_standby_names。在此之前，所有运行都会等待。"},
	"doctor-database-clock":        {Message: "与数据库的时间相差 {skew}"},
	"doctor-database-clock-off":    {Message: "本机时间与数据库的时间相差 {skew}", Hint: "请用 NTP 校准两者。配额和心跳以数据库的时间为准，运行不受影响，但历史记录中的时间会令人困惑。"},
	"doctor-database-answers":      {Message: "一次查询用时 {trip}"},
	"doctor-database-slow":         {Message: "一次查询用时 {trip}，运行可能达不到配额", Hint: "请在离数据库更近的机器上运行，或提高 --concurrency：每行约需 13 次查询。"},
	"doctor-database-crowded":      {Message: "可供普通用户使用的连接还有 {free} 个", Hint: "请提高 postgresql.conf 中的 max_connections：每个进程最多使用 10 个。"},

	"ledger-moved":          {Message: "此台账已于 {when} UTC 迁入 {to}", Hint: "没有发送任何申请。请用 --ledger 或 LOABATCH_LEDGER 指定该地址；history 和 report 仍可读取此台账。"},
	"take-over-question":    {Message: "将台账 {file} 迁入 {to}？"},
	"take-over-no-yes":      {Message: "不在终端中运行时，--take-over 需要 --yes", Hint: "没有任何改动。"},
	"take-over-declined":    {Message: "没有迁移"},
	"take-over-alone":       {Message: "--take-over 不能与 {other} 同时使用", Hint: "请先迁移台账，再运行 history。"},
	"take-over-database":    {Message: "--take-over 用于将台账迁入数据库，而 {ledger} 是文件", Hint: "请用 --ledger postgres://… 或 LOABATCH_LEDGER 指定数据库的地址。"},
	"take-over-no-file":     {Message: "台账 {file} 不存在", Hint: "请填写以前的运行用 --ledger 指定的文件，或默认台账的路径。"},
	"taken-over":            {Message: "已将 {file} 迁入 {to}：{runs} 次运行，{rows} 行，{circuits} 条专线，{open} 份申请的结果待确认"},
	"take-over-twice":       {Message: "{host} 的 {file} 已于 {when} UTC 迁入此数据库：{runs} 次运行，{circuits} 条专线", Hint: "无需处理：其中的内容都已在数据库中。"},
	"take-over-run-known":   {Message: "数据库中已有 {file} 中的运行 {run}", Hint: "该文件可能是已迁入台账的副本。没有任何改动。"},
	"take-over-known":       {Message: "数据库中已有 {file} 中的 {n} 条专线，例如 {circuit}", Hint: "没有任何改动。台账应在首次使用数据库运行之前迁移。现在请提交这些专线最新的结果副本：其中的结果有效。"},
	"take-over-in-progress": {Message: "此台账的运行 {run} 正在进行（主机 {host}，进程 {pid}，开始于 {since}）", Hint: "没有任何改动。请等其结束或将其停止，再迁移台账。"},
	"take-over-failed":      {Message: "无法迁移台账 {file}：{reason}", Hint: "请重新运行同一命令；不会重复迁移。"},
}
