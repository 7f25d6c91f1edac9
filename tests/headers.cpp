// SPDX-License-Identifier: Apache-2.0
// The carrier of the precompiled headers that every test shares; it does nothing.
int main() { return 0; }
