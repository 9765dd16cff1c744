"""Operations: named drives with leads, events and teams. No name of a suspect is ever part of one."""
