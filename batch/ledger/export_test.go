package ledger

// Commits tells how many transactions the store's writer has made, and how many
// writes they carried.
func (s *Store) Commits() (commits, writes int64) {
	return s.writer.commits.Load(), s.writer.rows.Load()
}
