export const edit = 0;
