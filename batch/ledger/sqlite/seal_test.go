package sqlite

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

// atRest writes a ledger with n circuits and closes it. Some of its pages are free.
func atRest(t testing.TB, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger.db")
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Start(t.Context(), ledger.RunInfo{ID: "run", Scope: ledger.Real}, numbered(n))
	if err != nil {
		t.Fatal(err)
	}
	keys := numbered(n)
	err = s.writer.do(t.Context(), func(tx *transaction) error {
		for i, key := range keys {
			a := numberedApplication(0)
			a.Key, a.Row = key, i+2
			c := r.(*run).info.StateKey(key, a.Operation)
			if err := tx.beginApplication(1, c, a, r.Info().Started); err != nil {
				return err
			}
			if err := tx.finishApplication(1, c, outcome(a, sheet.Submitted), true, r.Info().Started); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, r.End(t.Context(), ledger.RunEnd{}), s.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func sealOf(t testing.TB, path string) (seal int32, free map[uint32]bool) {
	t.Helper()
	db, err := sqlDB(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if seal, err = readSeal(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	if free, err = freePages(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	return seal, free
}

// TestFlippedBitIsFound flips single bits of a ledger at rest, in every page and every byte of the
// header. All are found except those without meaning, in free pages and counters.
func TestFlippedBitIsFound(t *testing.T) {
	t.Parallel()
	path := atRest(t, 600)
	seal, free := sealOf(t, path)
	if seal == 0 || len(free) == 0 {
		t.Fatalf("seal %x, %d free pages", seal, len(free))
	}
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const pageSize = 4096
	random := rand.New(rand.NewPCG(9, 5))
	var bits []int
	for i := range 100 * 8 { // the header
		bits = append(bits, i)
	}
	for range 200 { // the schema
		bits = append(bits, 100*8+random.IntN(4*pageSize*8))
	}
	for page := range len(sound) / pageSize {
		for range 4 {
			bits = append(bits, page*pageSize*8+random.IntN(pageSize*8))
		}
	}
	for share := range slices.Chunk(bits, len(bits)/8+1) { // most of it is waiting
		t.Run(fmt.Sprint("from bit ", share[0]), func(t *testing.T) {
			t.Parallel()
			flipEach(t, sound, share, free)
		})
	}
}

// flipEach flips the bits of a sound ledger, one in each copy.
func flipEach(t *testing.T, sound []byte, bits []int, free map[uint32]bool) {
	const pageSize = 4096
	folder := filepath.Join(t.TempDir(), "state")
	broken := filepath.Join(folder, "ledger.db")
	found, without := 0, 0
	for _, bit := range bits {
		at := bit / 8
		flipped := slices.Clone(sound)
		flipped[at] ^= 1 << (bit % 8)
		if err := errors.Join(os.RemoveAll(folder), os.Mkdir(folder, 0o700), os.WriteFile(broken, flipped, 0o600)); err != nil {
			t.Fatal(err)
		}
		s, err := Open(t.Context(), broken)
		if err != nil {
			if e, ok := errors.AsType[*ledger.Error](err); !ok || e.Kind != ledger.Corrupt {
				t.Errorf("bit %d of byte %d of page %d: %v, want kind corrupt", bit%8, at%pageSize, at/pageSize+1, err)
			}
			if free[uint32(at/pageSize+1)] {
				t.Errorf("bit %d of byte %d of page %d: found, though the page is free", bit%8, at%pageSize, at/pageSize+1)
			}
			found++
			continue
		}
		s.Close()
		without++
		counter := slices.Contains([]int{24, 40, 60, 92, 96}, at&^3)
		if !counter && !free[uint32(at/pageSize+1)] {
			t.Errorf("bit %d of byte %d of page %d: not found", bit%8, at%pageSize, at/pageSize+1)
		}
	}
	t.Logf("%d of %d flipped bits found, %d were in free pages or counters", found, len(bits), without)
}

// TestSealComesAndGoes follows the seal through the life of a ledger.
func TestSealComesAndGoes(t *testing.T) {
	path := atRest(t, 50)
	first, _ := sealOf(t, path)
	reader, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	if again, _ := sealOf(t, path); again != first || first == 0 {
		t.Errorf("a store that wrote nothing changed the seal from %x to %x", first, again)
	}
	one, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	other := second(t, one)
	r, err := one.Start(t.Context(), ledger.RunInfo{ID: "two", Scope: ledger.Real}, numbered(1))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := sealOf(t, path); got != 0 {
		t.Errorf("a ledger in use has seal %x", got)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if got, _ := sealOf(t, path); got != 0 {
		t.Errorf("sealed as %x beside a run", got)
	}
	if err := errors.Join(r.End(t.Context(), ledger.RunEnd{}), one.Close()); err != nil {
		t.Fatal(err)
	}
	if got, _ := sealOf(t, path); got == 0 || got == first {
		t.Errorf("seal %x after a run, it was %x", got, first)
	}
}

// TestVacuumedLedgerIsSound opens copies that SQLite made by rewriting all pages or from a dump.
func TestVacuumedLedgerIsSound(t *testing.T) {
	path := atRest(t, 200)
	backup := filepath.Join(t.TempDir(), "backup.db")
	db, err := sqlDB(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "VACUUM INTO ?", backup); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "VACUUM"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, backup} {
		s, err := Open(t.Context(), name)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(name), err)
			continue
		}
		s.Close()
	}
}

// TestChangedBehindOurBack changes the ledger with another program.
func TestChangedBehindOurBack(t *testing.T) {
	path := atRest(t, 50)
	db, err := sqlDB(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "UPDATE circuits SET result = 'REFUSED' WHERE instance_id = 'pc-000007'"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), path)
	wantKind(t, err, ledger.Corrupt)
}

// BenchmarkVerify measures both checks of a ledger with 100,000 circuits.
func BenchmarkVerify(b *testing.B) {
	path := atRest(b, 100000)
	db, err := sqlDB(path)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	info, _ := os.Stat(path)
	b.Run("seal", func(b *testing.B) {
		b.SetBytes(info.Size())
		for b.Loop() {
			if found, expected, err := compareSeal(b.Context(), conn); err != nil || found == 0 || found != expected {
				b.Fatal(found, expected, err)
			}
		}
	})
	b.Run("quick", func(b *testing.B) {
		b.SetBytes(info.Size())
		for b.Loop() {
			if err := quickCheck(b.Context(), conn); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// unsealedLedger writes a ledger as a killed run leaves it: without a seal.
func unsealedLedger(t *testing.T) string {
	t.Helper()
	path := atRest(t, 300)
	db, err := sqlDB(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), removeSeal); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// knowledge is what a ledger of 300 circuits knows about them and its runs.
type knowledge struct {
	past map[batch.Key]batch.Record
	runs []ledger.RunSummary
	rows []batch.Outcome
}

// knownTo reads what unsealedLedger knows.
func knownTo(t *testing.T, path string) (k knowledge, err error) {
	t.Helper()
	s, err := Open(t.Context(), path)
	if err != nil {
		return k, err
	}
	defer s.Close()
	if k.past, err = s.Past(t.Context(), ledger.Real, batch.PlaceLOA, numbered(300)); err != nil {
		return k, err
	}
	if k.runs, err = s.Runs(t.Context(), 0); err != nil {
		return k, err
	}
	run, err := s.Run(t.Context(), "run")
	if err == nil {
		k.rows = run.Rows
	}
	return k, err
}

// TestFlippedBitWithoutSeal flips single bits of a ledger that a killed run left. No change goes
// unnoticed, either in what decides whether a circuit is applied for or in what history and
// report read.
func TestFlippedBitWithoutSeal(t *testing.T) {
	t.Parallel()
	path := unsealedLedger(t)
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := knownTo(t, path)
	if err != nil || len(want.past) != 300 || len(want.rows) != 300 {
		t.Fatalf("%d records, %d rows, %v", len(want.past), len(want.rows), err)
	}
	random := rand.New(rand.NewPCG(9, 6))
	folder := filepath.Join(t.TempDir(), "state")
	broken := filepath.Join(folder, "ledger.db")
	const flips = 400
	found, harmless := 0, 0
	for range flips {
		bit := 800 + random.IntN((len(sound)-100)*8) // the header is left unchanged
		flipped := slices.Clone(sound)
		flipped[bit/8] ^= 1 << (bit % 8)
		if err := errors.Join(os.RemoveAll(folder), os.Mkdir(folder, 0o700), os.WriteFile(broken, flipped, 0o600)); err != nil {
			t.Fatal(err)
		}
		got, err := knownTo(t, broken)
		switch e, ok := errors.AsType[*ledger.Error](err); {
		case ok && e.Kind == ledger.Corrupt:
			found++
		case err != nil:
			t.Errorf("bit %d of byte %d: %v, want kind corrupt", bit%8, bit/8, err)
		case reflect.DeepEqual(got, want):
			harmless++
		default:
			t.Errorf("bit %d of byte %d changes what is known, but is not found", bit%8, bit/8)
		}
	}
	t.Logf("%d of %d flipped bits found, %d changed nothing that is known about a circuit", found, flips, harmless)
}

// TestRowWithoutChecksum opens a ledger to which an older program wrote after its upgrade: its rows
// are read, and get a checksum when they are written again.
func TestRowWithoutChecksum(t *testing.T) {
	path := unsealedLedger(t)
	db, err := sqlDB(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "UPDATE circuits SET checksum = 0"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := knownTo(t, path); err != nil || len(got.past) != 300 {
		t.Errorf("%d records, %v", len(got.past), err)
	}
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	a := numberedApplication(0)
	a.Key = numbered(1)[0]
	r, err := s.Start(t.Context(), ledger.RunInfo{ID: "two", Scope: ledger.Real}, numbered(1))
	if err != nil {
		t.Fatal(err)
	}
	a.Token = "another"
	if err := errors.Join(r.Begin(t.Context(), a), r.End(t.Context(), ledger.RunEnd{})); err != nil {
		t.Fatal(err)
	}
	var with int
	if err := s.read.QueryRowContext(t.Context(), "SELECT count(*) FROM circuits WHERE checksum != 0").Scan(&with); err != nil || with != 1 {
		t.Errorf("%d rows with a checksum, want 1; %v", with, err)
	}
}

// TestChangedRowOfALedgerInUse changes a row while the ledger is open: it is found when the
// row is read.
func TestChangedRowOfALedgerInUse(t *testing.T) {
	s, err := Open(t.Context(), unsealedLedger(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.writer.conn.ExecContext(t.Context(), "UPDATE circuits SET result = 'REFUSED' WHERE instance_id = ?", numbered(8)[7].InstanceID); err != nil {
		t.Fatal(err)
	}
	_, err = s.Past(t.Context(), ledger.Real, batch.PlaceLOA, numbered(8))
	wantKind(t, err, ledger.Corrupt)
	if past, err := s.Past(t.Context(), ledger.Real, batch.PlaceLOA, numbered(7)); err != nil || len(past) != 7 {
		t.Errorf("the others: %d records, %v", len(past), err)
	}
}

// TestChangedHistoryOfALedgerInUse changes a run or one of its rows while the ledger is open:
// it is found when the run is read. Rows that an older program wrote have no checksums.
func TestChangedHistoryOfALedgerInUse(t *testing.T) {
	for _, change := range []string{
		"UPDATE rows SET result = 'REFUSED' WHERE row = 7", "UPDATE rows SET hash = 'other' WHERE row = 7", "UPDATE rows SET tried = 5 WHERE row = 7",
		"UPDATE runs SET input_sha256 = 'other'", "UPDATE runs SET heartbeat = heartbeat + 1", `UPDATE runs SET final = '{"exit_code": 3}'`,
	} {
		s, err := Open(t.Context(), unsealedLedger(t))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.writer.conn.ExecContext(t.Context(), change); err != nil {
			t.Fatal(err)
		}
		_, err = s.Run(t.Context(), "run")
		wantKind(t, err, ledger.Corrupt)
		if strings.Contains(change, " rows ") {
			_, err = s.Check(t.Context())
			wantKind(t, err, ledger.Corrupt)
			_, err = s.Circuit(t.Context(), numbered(6)[5].InstanceID)
			wantKind(t, err, ledger.Corrupt)
			_, err = s.writer.conn.ExecContext(t.Context(), "UPDATE rows SET begun_checksum = 0, finished_checksum = 0")
			if run, e := s.Run(t.Context(), "run"); err != nil || e != nil || len(run.Rows) != 300 {
				t.Errorf("without checksums: %v, %v", err, e)
			}
		}
		s.Close()
	}
}

// TestChangedLOA changes what is remembered of an LOA: this is found when the LOA is read, and when
// the ledger is checked or opened without its seal.
func TestChangedLOA(t *testing.T) {
	path := unsealedLedger(t)
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	err = s.SawLOAs(t.Context(), ledger.Real, []ledger.LOA{{Key: numbered(1)[0], Status: "Rejected", Asked: time.Now()}})
	if err == nil {
		_, err = s.writer.conn.ExecContext(t.Context(), "UPDATE loa_states SET status = 'Available'")
	}
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.LOAs(t.Context(), ledger.Real, nil)
	wantKind(t, err, ledger.Corrupt)
	_, err = s.LOAHistory(t.Context())
	wantKind(t, err, ledger.Corrupt)
	_, err = s.Check(t.Context())
	wantKind(t, err, ledger.Corrupt)
	if _, err := s.writer.conn.ExecContext(t.Context(), removeSeal); err != nil {
		t.Fatal(err)
	}
	db, err := sqlDB(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := verify(t.Context(), conn, len(migrations)); !errors.Is(err, errChecksum) {
		t.Errorf("opened without a seal: %v", err)
	}
	s.Close()
}
