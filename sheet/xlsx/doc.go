// Package xlsx is the codec for .xlsx and .xlsm files: the only place that knows
// their bytes. It stands to package sheet as image/png stands to image.
package xlsx
