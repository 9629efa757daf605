package ledger

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
)

// prepared is a statement that changes rows, prepared by the driver itself. It runs some
// times for every row of a run, and what database/sql does around a statement would
// cost as much as half of the simple ones. Only the writer uses it.
type prepared struct {
	conn    *sql.Conn
	stmt    driver.Stmt
	step    func(driver any) error // runs the statement with args; made once
	args    []driver.NamedValue
	changed int64 // rows, by the last run
}

func prepare(conn *sql.Conn, text string, args int) (*prepared, error) {
	p := &prepared{conn: conn, args: make([]driver.NamedValue, args)}
	for i := range p.args {
		p.args[i].Ordinal = i + 1
	}
	return p, conn.Raw(func(c any) error {
		stmt, err := c.(driver.ConnPrepareContext).PrepareContext(context.Background(), text)
		if err != nil {
			return err
		}
		runs, ok := stmt.(driver.StmtExecContext)
		if !ok {
			return errors.Join(errNoExec, stmt.Close())
		}
		p.stmt, p.step = stmt, func(any) error { return p.run(runs) }
		return nil
	})
}

var errNoExec = errors.New("the driver's statements cannot be run")

// exec runs the statement and gives the number of rows that it changed. Its values are
// of type string or int64, which the driver takes as they are. It has no context that
// can end: a commit is never torn, and the driver needs no goroutine to watch it.
func (p *prepared) exec(values ...any) (int64, error) {
	for i, v := range values {
		p.args[i].Value = v
	}
	err := p.conn.Raw(p.step)
	return p.changed, err
}

// run is exec while the driver's connection is lent to us.
func (p *prepared) run(stmt driver.StmtExecContext) error {
	result, err := stmt.ExecContext(context.Background(), p.args)
	if err != nil {
		return err
	}
	p.changed, err = result.RowsAffected()
	return err
}

func (p *prepared) close() error {
	return p.conn.Raw(func(any) error { return p.stmt.Close() })
}
