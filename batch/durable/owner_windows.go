package durable

import (
	"errors"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

// ownerOnly grants everything to the user of this process, to the system, which backs up and scans files,
// and to administrators, but nothing to others, whatever the folder grants. Files in a folder inherit
// it.
var ownerOnly = sync.OnceValues(func() (*windows.SECURITY_DESCRIPTOR, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, err
	}
	const all = ";OICI;FA;;;"
	return windows.SecurityDescriptorFromString("D:P(A" + all + user.User.Sid.String() + ")(A" + all + "SY)(A" + all + "BA)")
})

// Protect makes a new file or folder accessible to its owner alone, apart from the system
// and administrators. A file system without access control lists, and a share whose
// permissions the user may not change, are left unchanged: then the folder's permissions apply.
func Protect(path string) error {
	list, err := ownerOnly()
	if err != nil {
		return err
	}
	f, err := open(path, windows.WRITE_DAC, windows.FILE_FLAG_BACKUP_SEMANTICS)
	if err != nil {
		return granted(err)
	}
	// Not SetSecurityInfo, which under Wine adds what the folder grants.
	err = windows.SetKernelObjectSecurity(windows.Handle(f.Fd()), windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, list)
	return errors.Join(granted(err), f.Close())
}

// Share gives a file that was created for its owner alone the permissions of its folder.
func Share(f *os.File) error {
	empty, err := windows.SecurityDescriptorFromString("D:")
	if err != nil {
		return err
	}
	none, _, err := empty.DACL()
	if err != nil {
		return err
	}
	return granted(windows.SetNamedSecurityInfo(f.Name(), windows.SE_FILE_OBJECT,
		windows.DACL_SECURITY_INFORMATION|windows.UNPROTECTED_DACL_SECURITY_INFORMATION, nil, nil, none, nil))
}

// adopt gives a file the permissions of its folder: its original's come from another volume, and may name
// users that are unknown on this one.
func adopt(f *os.File, _ os.FileInfo) error { return Share(f) }

// granted drops an error of setting permissions if it says that there are none to set.
func granted(err error) error {
	for _, none := range []error{windows.ERROR_ACCESS_DENIED, windows.ERROR_INVALID_FUNCTION, windows.ERROR_NOT_SUPPORTED, windows.ERROR_CALL_NOT_IMPLEMENTED} {
		if errors.Is(err, none) {
			return nil
		}
	}
	return err
}

// Private reports whether nobody but its owner, the system and administrators may read a
// file or folder.
func Private(path string) (bool, error) {
	found, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return false, err
	}
	owner, _, err := found.Owner()
	if err != nil {
		return false, err
	}
	list, _, err := found.DACL()
	if err != nil || list == nil { // without a list, everybody may do everything
		return false, err
	}
	for i := range uint32(list.AceCount) {
		var entry *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(list, i, &entry); err != nil {
			return false, err
		}
		sid := (*windows.SID)(unsafe.Pointer(&entry.SidStart))
		switch {
		case entry.Header.AceType != windows.ACCESS_ALLOWED_ACE_TYPE, entry.Mask&(windows.FILE_READ_DATA|windows.GENERIC_READ|windows.GENERIC_ALL) == 0:
		case owner.Equals(sid), sid.IsWellKnown(windows.WinLocalSystemSid), sid.IsWellKnown(windows.WinBuiltinAdministratorsSid),
			sid.IsWellKnown(windows.WinCreatorOwnerSid), sid.IsWellKnown(windows.WinCreatorOwnerRightsSid):
		default:
			return false, nil
		}
	}
	return true, nil
}
