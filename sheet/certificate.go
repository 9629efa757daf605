package sheet

// certificate applies the rules of certificate numbers.
func (d *decoder) certificate(e *Engineer) {
	number := e.CertificateNo.Reveal()
	f := &d.cells[EngineerCertificateNo]
	switch {
	case number == "":
	case e.CertificateType == "Passport":
		if !isPassportNumber(number) {
			d.tell(&engineerPassportForm, f)
		}
	case e.CertificateType == "IDCard":
		d.identity(number, e.Gender, f)
	}
}

// identity applies the rules of identity numbers.
func (d *decoder) identity(number, gender string, f *field) {
	switch {
	case isOldIDForm(number):
		d.tell(&engineerIDOldForm, f)
		return
	case !isIDForm(number):
		d.tell(&engineerIDForm, f)
		return
	}
	if !idCheckDigitFits(number) {
		d.tell(&engineerIDCheckDigit, f)
	}
	born, real := idBirthDate(number)
	switch {
	case !real:
		d.tell(&engineerIDBirthDate, f)
	case !d.opts.Now.IsZero() && !plausibleAge(born, d.opts.Now):
		d.tell(&engineerIDAge, f)
	}
	if gender != "" && gender != idGender(number) {
		d.tell(&engineerIDGender, &d.cells[EngineerGender], Arg{"implied", idGender(number)})
	}
}
