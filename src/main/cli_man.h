/*
 * The manual page, on stdout, in man(7): every command, setting, file, signal and exit code.
 */
#ifndef KW_MAIN_CLI_MAN_H
#define KW_MAIN_CLI_MAN_H

/* Dated by SOURCE_DATE_EPOCH, or today. Returns the exit code. */
int cli_man(void);

#endif
