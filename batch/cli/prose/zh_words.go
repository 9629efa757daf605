package prose

// zhWords: the marks, labels and short words that lines are put together from.
var zhWords = map[string]Entry{
	"state-not-asked": {Message: "未查询"},

	"mark-list":   {Message: "、"},
	"mark-facts":  {Message: "，"},
	"mark-colon":  {Message: "："},
	"mark-clause": {Message: "；"},

	"confirm-answers": {Message: "[是 y / 否 N]"},
	"code-meaning":    {Message: "{meaning}（{code}）"},
	"dry-run-mode":    {Message: "{command}（{mode}）"},
	"requests-of":     {Message: "{n}（重试 {retries} 次，限流 {throttled} 次）"},
	"share":           {Message: "{count} 行 {word}"},
	"more-circuits":   {Message: "{list} 等，另有 {n} 条"},

	"elapsed-milliseconds": {Message: "{n} 毫秒"},
	"elapsed-seconds":      {Message: "{seconds} 秒"},
	"elapsed-minutes":      {Message: "{minutes} 分 {seconds} 秒"},
	"elapsed-hours":        {Message: "{hours} 小时 {minutes} 分"},

	"cause-not-exist":      {Message: "没有该文件或文件夹"},
	"cause-exist":          {Message: "文件已存在"},
	"cause-permission":     {Message: "没有权限"},
	"cause-full":           {Message: "磁盘空间不足"},
	"cause-read-only":      {Message: "文件系统为只读"},
	"cause-folder":         {Message: "这是文件夹"},
	"cause-no-folder":      {Message: "路径中的某一级不是文件夹"},
	"cause-name":           {Message: "文件名过长"},
	"cause-address-in-use": {Message: "地址已在使用"},
	"cause-quota":          {Message: "超出磁盘配额"},
	"cause-pipe":           {Message: "管道的另一端已关闭"},
	"cause-io":             {Message: "读写错误"},

	"csv-severity":   {Message: "级别"},
	"csv-code":       {Message: "代码"},
	"csv-sheet":      {Message: "工作表"},
	"csv-cell":       {Message: "单元格"},
	"csv-column":     {Message: "列"},
	"csv-value":      {Message: "值"},
	"csv-message":    {Message: "问题"},
	"csv-hint":       {Message: "处理方法"},
	"csv-suggestion": {Message: "建议值"},
	"csv-circuit":    {Message: "专线"},
	"csv-change_ref": {Message: "变更单号"},

	"history-running":    {Message: "运行中"},
	"history-ended":      {Message: "已结束"},
	"history-died":       {Message: "异常中断"},
	"history-taken-over": {Message: "由其他运行接管"},

	"doctor-what-environment": {Message: "环境变量"},
	"doctor-what-quota":       {Message: "配额"},
	"doctor-what-credentials": {Message: "访问凭据"},
	"doctor-what-endpoint":    {Message: "服务地址"},
	"doctor-what-proxy":       {Message: "代理"},
	"doctor-what-account":     {Message: "账号"},
	"doctor-what-clock":       {Message: "系统时间"},
	"doctor-what-billing":     {Message: "出方向流量"},
	"doctor-what-ledger":      {Message: "台账"},
	"doctor-what-folder":      {Message: "文件夹"},

	"source-failed": {Message: "{source}（读取失败）"},

	"report-severity-off": {Message: "关闭"},
}
